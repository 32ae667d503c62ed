"""Folders of trials: whose they are, and whether their seeds are one experiment."""

import json
import shutil
from pathlib import Path

import pytest

from setsim_mm.runs import read_results
from setsim_mm.utils import UserError
from studies.runner import Runner
from studies.trials import require_free

from .trials import make_trial


def finished(folder: Path, seed: int = 0, **config: object):
    trial = make_trial(folder, seed=seed, **config)
    assert Runner().run([trial]) == []
    return trial


def test_results_are_those_of_all_seeds_in_order(tmp_path):
    for seed in (10, 2):
        finished(tmp_path, seed)
    results = read_results(tmp_path, ['missing', 'run', 'run'])
    assert [(r.name, r.seed, r.metrics) for r in results] == [
        ('run', 2, dict(accuracy=62.0)),
        ('run', 10, dict(accuracy=70.0)),
    ]
    assert results[0].digest == results[1].digest


def test_seeds_that_disagree_are_named(tmp_path):
    finished(tmp_path / 'one', 0, model=dict(queue_len=8))
    other = finished(tmp_path / 'other', 1, model=dict(queue_len=16))
    shutil.copytree(other.work_dir, tmp_path / 'one' / 'run' / 'seed_1')
    with pytest.raises(UserError) as error:
        read_results(tmp_path / 'one', ['run'])
    assert str(error.value).startswith('the seeds 0 and 1 of run in')
    assert '(model.queue_len is 8 for seed 0 and 16 for seed 1)' in str(error.value)


def test_another_seed_of_another_config_is_refused(tmp_path):
    finished(tmp_path, 0, model=dict(queue_len=8))
    require_free([make_trial(tmp_path, seed=1, model=dict(queue_len=8))])
    with pytest.raises(UserError, match=r"seed_0' holds a run of another config"):
        require_free([make_trial(tmp_path, seed=1, model=dict(queue_len=16))])


def test_more_processes_are_another_experiment(tmp_path):
    trial = finished(tmp_path)
    more = make_trial(tmp_path)
    object.__setattr__(more, 'processes', 8)
    assert trial.settings != more.settings
    with pytest.raises(UserError, match='processes is 1 there and 8 here'):
        require_free([more])


def test_other_inputs_are_another_experiment(tmp_path):
    one, other = make_trial(tmp_path), make_trial(tmp_path)
    object.__setattr__(one, 'inputs', dict(checkpoint='a'))
    object.__setattr__(other, 'inputs', dict(checkpoint='b'))
    assert Runner().run([one]) == []
    with pytest.raises(UserError, match="checkpoint is 'a' there and 'b' here"):
        require_free([other])


def test_a_run_from_elsewhere_is_refused(tmp_path):
    trial = finished(tmp_path)
    trial.work_dir.joinpath('trial.json').unlink()
    with pytest.raises(UserError, match='was not started from here'):
        require_free([trial])


def test_an_attempt_that_saved_nothing_may_be_mended(tmp_path):
    trial = make_trial(tmp_path, model=dict(queue_len=8))
    trial.prepare()
    trial.log.write_text('Epoch(train) [3][1/1]\nError: no such folder.\n')
    mended = make_trial(tmp_path, model=dict(queue_len=16))
    require_free([mended])
    mended.prepare()
    assert not mended.log.exists() and mended.progress() == 0
    claim = json.loads((mended.work_dir / 'trial.json').read_text())
    assert claim['settings']['model'] == dict(queue_len=16)


def test_an_unfinished_result_is_none(tmp_path):
    """A result is there whole or not at all."""
    trial = finished(tmp_path)
    files = {path.name for path in trial.work_dir.iterdir()}
    assert 'result.json' in files and not any('.result' in name for name in files)
