"""Seeds that may be averaged, and those that may not."""

from dataclasses import replace
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import RunRecord
from setsim_mm.utils import UserError
from studies.seeds import finished_runs, require_one_experiment

SETTINGS = dict(model=dict(queue_len=8))


def run(folder: Path, name: str = 'run', seed: int = 0, place: str = '', **changes):
    work_dir = folder / name / (place or f'seed_{seed}')
    work_dir.mkdir(parents=True)
    record = RunRecord(work_dir, name, seed, SETTINGS, metrics=dict(accuracy=1.0))
    record = replace(record, **changes)
    record.write()
    return record


def test_finished_runs_by_name_and_seed(tmp_path):
    ten, two = run(tmp_path, seed=10), run(tmp_path, seed=2)
    other = run(tmp_path, 'another')
    run(tmp_path, seed=3, metrics=None)
    run(tmp_path, place='moved_away')
    assert finished_runs(tmp_path, ['missing', 'run', 'run']) == [two, ten]
    assert finished_runs(tmp_path) == [other, two, ten]
    assert finished_runs(tmp_path / 'missing') == []


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (dict(settings=dict(model=dict(queue_len=16))), ['model.queue_len', '8', '16']),
        (dict(inputs=dict(amp=True)), ['amp', 'True']),
    ],
    ids=['settings', 'inputs'],
)
def test_seeds_of_different_configs_are_refused(change, words, tmp_path):
    one, other = run(tmp_path, seed=0), run(tmp_path, seed=1, **change)
    with pytest.raises(UserError) as error:
        finished_runs(tmp_path)
    places = [str(one.work_dir), str(other.work_dir)]
    assert all(word in str(error.value) for word in [*words, *places])


def test_same_seed_twice_is_refused(tmp_path):
    one, other = run(tmp_path), run(tmp_path, place='seed_copy')
    with pytest.raises(UserError) as error:
        finished_runs(tmp_path)
    assert all(str(each.work_dir) in str(error.value) for each in (one, other))


def test_random_seeds_are_different_runs(tmp_path):
    require_one_experiment([run(tmp_path, place=place, seed=None) for place in 'ab'])
