"""tools/reliability/attack.py attacks real trainings."""

import json
import sys

import pytest
from attacks.checks import check_same_end
from attacks.files import EMPTY, INVERTED, TEXT, TRUNCATED, break_file
from attacks.lab import Lab, generator
from attacks.processes import Training
from attacks.scenario import Fault, Round
from attacks.tiny_run import Setup

from tests.test_tools.training_helpers import REPO, run

TOOL = REPO / 'tools' / 'reliability' / 'attack.py'


@pytest.mark.slow
def test_one_theme_ends_with_the_table(tmp_path):
    done = run(
        sys.executable, TOOL, '--only', 'ranks', '--rounds', 1, '--out', 'out',
        cwd=tmp_path,
    )  # fmt: skip

    (result,) = json.loads((tmp_path / 'out' / 'attack.json').read_text())['faults']
    assert result['theme'] == 'ranks'
    assert [round['problems'] for round in result['rounds']] == [[]]
    assert (tmp_path / 'out' / 'attack.md').read_text() in done.stdout
    last = done.stdout.splitlines()[-1]
    assert '1 of 1 ' in last and 'out/attack.md' in last
    # Without problems, the trainings are removed.
    assert [path.name for path in (tmp_path / 'out').iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    ('fault', 'length'),
    [(TRUNCATED, range(1, 999)), (INVERTED, [999]), (EMPTY, [0]), (TEXT, [1800])],
)
def test_files_are_broken_according_to_the_fault(fault, length, tmp_path):
    path = tmp_path / 'file'
    before = bytes(index % 251 for index in range(999))
    path.write_bytes(before)

    break_file(path, fault, generator(0, fault.name))

    after = path.read_bytes()
    assert len(after) in length
    changed = [a ^ b for a, b in zip(before, after, strict=False) if a != b]
    if fault is INVERTED:
        assert changed == [0xFF] * 16
    if fault is TRUNCATED:
        assert changed == []


@pytest.mark.slow
def test_a_training_that_differs_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(Training, 'ended', False)
    lab = Lab(tmp_path, rounds=1)
    lab.epochs = 1
    same, other = (Round(Fault('kills', 'none', 'nothing'), '') for _ in range(2))

    for round, seed in ((same, 0), (other, 1)):
        work_dir = lab.work_dir('seed')
        options = '--cfg-options', f'randomness.seed={seed}'
        training = lab.train(Setup(), work_dir, *options)
        check_same_end(lab, Setup(), training, work_dir, round)

    assert same.problems == []
    assert 'step 1' in other.problems[0]


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_every_fault_is_survived(tmp_path):
    done = run(
        sys.executable, TOOL, '--rounds', 1, '--out', 'out',
        cwd=tmp_path, expect=None, timeout=2300,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
