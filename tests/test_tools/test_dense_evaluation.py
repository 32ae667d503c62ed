"""in_context.py and overclustering.py on street scenes that colour tells apart."""

import re

import pytest

from tests.labelled_images import write_camvid

from .training_helpers import run_python

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
        '--data-root', camvid, *OPTIONS, '--k', 5,
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


def test_clusters_of_random_weights(finished_run, camvid, tmp_path):
    done = run_python(
        OVERCLUSTERING, finished_run.config, 'random', '--data-root', camvid, *OPTIONS,
        '--num-clusters', 12, '--num-seeds', 2,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    line = done.stdout.splitlines()[-1]
    pattern = r'Overclustering: ([\d.]+) ± [\d.]+ % mIoU of 12 clusters on 4 images, 2'
    assert float(re.match(pattern, line)[1]) > 50


def test_an_unknown_number_of_classes(finished_run, camvid, tmp_path):
    (camvid / 'classes.txt').unlink()
    done = run_python(
        OVERCLUSTERING, finished_run.config, 'random', '--data-root', camvid,
        cwd=tmp_path, expect=1,
    )  # fmt: skip
    assert '--num-classes' in done.stderr
    assert len(done.stderr.splitlines()) == 1
