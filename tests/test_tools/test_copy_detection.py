"""copy_detection.py and make_copies.py, all cases in one process."""

import json
import re
import subprocess
import sys

import pytest
import torch
from mmengine.config import Config

from setsim_mm.host import MODELS
from tests.qk_runs import make_qk_run
from tests.test_datasets.images import noise_image

from .many_tools import REPO

TOOL = 'tools/benchmarks/copy_detection.py'
MAKE = 'tools/datasets/make_copies.py'
EDITS = str(REPO / 'configs/selfsup/copy_detection/_base_/copy_edits.py')
CASES = dict(
    make=(MAKE, 'photographs', 'copies', '--references', 6, '--copies', 4,
          '--distractors', 3, '--training', 2),  # with the default edits
    again=(MAKE, 'photographs', 'copies', '--references', 6, '--copies', 4,
           '--distractors', 3, '--training', 2, '--edits', EDITS),
    too_many=(MAKE, 'photographs', 'more', '--references', 60, '--edits', EDITS),
    model=(TOOL, 'model', 'config.py', 'model.pth', 'copies', '--image-size', 32,
           '--num-workers', 0, '--out', 'out/predictions.csv', '--save-descriptors',
           'out/descriptors.npz', '--picture', 'out/copies.png', '--normalize', 2),
    search=(TOOL, 'search', 'out/descriptors.npz', 'copies/truth.csv',
            '--normalize', 2),
    score=(TOOL, 'score', 'out/predictions.csv', 'copies/truth.csv'),
    unknown=(TOOL, 'score', 'out/predictions.csv', 'copies/truth.csv',
             '--references', 'few.txt'),
    rank=(TOOL, 'search', 'out/descriptors.npz', 'copies/truth.csv',
          '--normalize', 3),
)  # fmt: skip


@pytest.fixture(scope='module')
def done(tmp_path_factory):
    """The result of each case, and the folder."""
    folder = tmp_path_factory.mktemp('copies')
    (folder / 'photographs').mkdir()
    for seed in range(12):
        noise_image(seed, (60, 50)).save(folder / f'photographs/{seed}.png')
    cfg = make_qk_run(folder / 'photographs', folder / 'run')
    Config(cfg.to_dict()).dump(folder / 'config.py')
    torch.save(
        dict(state_dict=MODELS.build(cfg.model).state_dict()), folder / 'model.pth'
    )
    (folder / 'few.txt').write_text('R000000\nR000001\n')
    cases = [
        dict(script=script, arguments=[*map(str, arguments)], folder=str(folder))
        for script, *arguments in CASES.values()
    ]
    (folder / 'cases.json').write_text(json.dumps(cases))
    ran = subprocess.run(
        [sys.executable, '-m', 'tests.test_tools.many_tools', folder / 'cases.json'],
        capture_output=True, text=True, cwd=REPO, check=True,
    )  # fmt: skip
    results = map(json.loads, ran.stdout.splitlines())
    return dict(zip(CASES, results, strict=True)), folder


def scores(result):
    assert result['status'] == 0, result['errors']
    last = result['output'].splitlines()[-1]
    return re.fullmatch(
        r'Copy detection: micro-AP ([\d.]+), recall at precision 90 % ([\d.]+), recall '
        r'at rank 1 ([\d.]+), recall at rank 10 ([\d.]+) \((\d+) predictions, 4 true '
        r'pairs\)',
        last,
    ).groups()


def test_the_benchmark(done):
    results, folder = done
    assert results['make']['status'] == 0, results['make']['errors']
    lines = (folder / 'copies/truth.csv').read_text().splitlines()[1:]
    pairs = [line.split(',') for line in lines]
    assert [query for query, _ in pairs] == [f'Q{n:06}' for n in range(7)]
    copied = [reference for _, reference in pairs if reference]
    assert sorted(copied) == [f'R{n:06}' for n in range(4)]
    for name, number in dict(references=6, queries=7, training=2).items():
        assert len(list((folder / 'copies' / name).iterdir())) == number
    sources = [path.resolve() for path in (folder / 'copies').glob('*/[RT]*')]
    assert len(set(sources)) == 8


def test_scores_of_model_descriptors_and_file_agree(done):
    results, folder = done
    found = scores(results['model'])
    assert found[3:] == ('1.0000', '42')  # all 6 references are among a query's 10
    assert 0 < float(found[0]) < 1
    assert scores(results['search']) == scores(results['score']) == found
    assert (folder / 'out/copies.png').stat().st_size > 10_000


@pytest.mark.parametrize(
    ('case', 'facts'),
    [
        ('again', ["'copies' exists"]),
        ('too_many', ['photographs', '12', '60']),
        ('unknown', ['reference_id', 'R00000']),
        ('rank', ['rank 3', '2 training images']),
    ],
)
def test_bad_input(done, case, facts):
    result = done[0][case]
    assert result['status'] == 1
    assert len(result['errors'].splitlines()) == 1
    for fact in facts:
        assert fact in result['errors']
