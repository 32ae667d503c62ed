"""in_context.py and overclustering.py on street scenes that colour tells apart."""

import re
from functools import partial

import pytest

from tests.labelled_images import write_camvid

from .training_helpers import REPO, run_python, write_tiny_config

IN_CONTEXT = 'tools/benchmarks/in_context.py'
OVERCLUSTERING = 'tools/benchmarks/overclustering.py'
OPTIONS = ('--ignored', 11, '--size', 96, 128, '--num-workers', 0)


@pytest.fixture
def camvid(tmp_path):
    root = write_camvid(tmp_path / 'camvid')
    names = ['Sky', *(f'class {n}' for n in range(1, 11)), 'Unlabelled']
    (root / 'classes.txt').write_text('\n'.join(names) + '\n')
    return root


def test_positions_find_their_classes(finished_run, camvid, tmp_path):
    done = run_python(
        IN_CONTEXT, finished_run.config, finished_run.work_dir / 'epoch_2.pth',
        '--data-root', camvid, *OPTIONS, '--k', 5, '--memory-size', 200,
        '--picture', 'pictures/in_context.png', '--num-images', 2,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    result, picture = lines[-2:]
    miou, images = re.match(
        r'In-context retrieval: ([\d.]+) % mIoU on (\d+) images', result
    ).groups()
    assert float(miou) > 60  # everything as sky is 25
    assert int(images) == 4
    (sky,) = (line for line in lines if line.strip().startswith('Sky'))
    assert float(sky.split()[1]) > 60
    assert picture.endswith('pictures/in_context.png')
    assert (tmp_path / 'pictures/in_context.png').stat().st_size > 10_000


@pytest.fixture
def overclustering(in_this_process, monkeypatch, tmp_path):
    """Cluster features of random weights; return status, output and errors."""
    monkeypatch.syspath_prepend(REPO / 'tools' / 'benchmarks')
    config = write_tiny_config(tmp_path)
    options = ('--size', 96, 128, '--num-workers', 0)
    return partial(in_this_process, OVERCLUSTERING, config, 'random', *options)


def test_clusters_of_random_weights(overclustering, camvid, tmp_path):
    import mmseg  # noqa: F401 - skipped without it

    numbers = ('--data-root', camvid, '--num-clusters', 12, '--num-seeds', 2)
    done = run_python(
        OVERCLUSTERING, tmp_path / 'tiny.py', 'random', *OPTIONS, *numbers,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    line = done.stdout.splitlines()[-1]
    pattern = r'Overclustering: ([\d.]+) ± [\d.]+ % mIoU of 12 clusters on 4 images, 2'
    assert float(re.match(pattern, line)[1]) > 50

    config = REPO / 'configs/benchmarks/mmsegmentation/linear_camvid.py'
    status, output, _ = overclustering('--mmseg-config', config, *numbers)
    assert (status, output.splitlines()[-1]) == (0, line)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        ((), '--data-root'),
        (('--data-root', 'camvid'), '--num-classes'),
        (('--data-root', 'camvid', '--num-classes', 1), 'at least two'),
        (('--mmseg-config', 'a.py', '--ignored', 3), '--ignored'),
        (
            ('--data-root', 'camvid', '--num-classes', 3, '--num-clusters', 5),
            r"'.*\.png' holds .*11",
        ),
        (
            ('--data-root', 'camvid', '--num-classes', 11, '--ignored', 11),
            r'4 images have \d+ positions',
        ),
    ],
)
def test_errors_are_sentences(overclustering, camvid, arguments, sentence):
    (camvid / 'classes.txt').unlink()
    status, _, errors = overclustering(*arguments)
    assert status == 1
    assert re.search(sentence, errors) and len(errors.splitlines()) == 1
