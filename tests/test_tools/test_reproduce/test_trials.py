"""Folders of trials: one experiment each."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import RECORD, read_record
from setsim_mm.utils import UserError
from studies.runner import Runner
from studies.trials import Trial, require_free

from .trials import make_trial


def finished(folder: Path, seed: int = 0, **config: object) -> Trial:
    trial = make_trial(folder, seed=seed, **config)
    assert Runner().run([trial]) == []
    return trial


def test_record_of_a_finished_trial(tmp_path):
    trial = finished(tmp_path, 2)
    record = read_record(trial.work_dir)
    assert record == replace(trial.record, metrics=dict(accuracy=62.0))
    assert (record.name, record.seed, record.checkpoint) == ('run', 2, None)
    assert trial.done and not make_trial(tmp_path, seed=1).done


def refused(trial: Trial) -> str:
    with pytest.raises(UserError) as error:
        require_free([trial])
    return str(error.value)


def test_another_seed_of_another_config_is_refused(tmp_path):
    there = finished(tmp_path, 0, model=dict(queue_len=8))
    require_free([make_trial(tmp_path, seed=1, model=dict(queue_len=8))])
    message = refused(make_trial(tmp_path, seed=1, model=dict(queue_len=16)))
    assert str(there.work_dir) in message
    assert 'model.queue_len is 8 there and 16 here' in message


@pytest.mark.parametrize(
    ('name', 'value', 'difference'),
    [
        ('processes', 8, 'processes is 1 there and 8 here'),
        ('inputs', dict(checkpoint='b'), "checkpoint is missing there and 'b' here"),
    ],
)
def test_processes_and_inputs_make_another_experiment(
    name, value, difference, tmp_path
):
    finished(tmp_path)
    other = make_trial(tmp_path)
    object.__setattr__(other, name, value)
    assert difference in refused(other)


def test_run_without_a_record_is_refused(tmp_path):
    trial = finished(tmp_path)
    trial.work_dir.joinpath(RECORD).unlink()
    assert str(trial.work_dir) in refused(trial)


def test_attempt_without_a_checkpoint_is_replaced(tmp_path):
    trial = make_trial(tmp_path, model=dict(queue_len=8))
    trial.prepare()
    trial.log.write_text('Epoch(train) [3][1/1]\nError: no such folder.\n')
    corrected = make_trial(tmp_path, model=dict(queue_len=16))
    require_free([corrected])
    corrected.prepare()
    assert not corrected.log.exists() and corrected.progress() == 0
    assert read_record(trial.work_dir).settings['model'] == dict(queue_len=16)


def test_result_stays_when_the_checkpoints_are_removed(tmp_path):
    trial = finished(tmp_path)
    for path in [*trial.work_dir.glob('*.pth'), trial.work_dir / 'last_checkpoint']:
        path.unlink()
    assert trial.done and trial.begun and trial.progress() == 1
    assert 'queue_len' in refused(make_trial(tmp_path, model=dict(queue_len=16)))


def test_trial_of_an_earlier_version_is_resumed(tmp_path):
    trial = make_trial(tmp_path, model=dict(queue_len=8))
    trial.work_dir.mkdir(parents=True)
    record = dict(name='run', seed=0, settings=trial.record.settings)
    (trial.work_dir / 'trial.json').write_text(json.dumps(record))
    (trial.work_dir / 'epoch_2.pth').touch()
    (trial.work_dir / 'last_checkpoint').write_text('epoch_2.pth')
    assert 'queue_len' in refused(make_trial(tmp_path, model=dict(queue_len=16)))
    assert Runner().run([trial]) == []
    assert trial.log.read_text().startswith('Starting after epoch 2.')
    assert read_record(trial.work_dir).metrics == dict(accuracy=60.0)
