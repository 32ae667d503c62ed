"""Work folders of earlier versions: read, or refused with their path."""

import json
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import RunRecord, find_runs, read_record
from setsim_mm.utils import UserError
from tests.test_visualization.logs import write_log


def write_earlier(work_dir: Path, settings: dict, finished: bool = True) -> Path:
    """Write what the programs of reproduction wrote before there was one record."""
    work_dir.mkdir(parents=True)
    record = dict(name='voc_det', seed=1, settings=settings)
    (work_dir / 'trial.json').write_text(json.dumps(record))
    write_log(work_dir, '20260101_120000', [{'voc07/AP': 0.5, 'step': 9}])
    if finished:
        result = dict(name='voc_det', seed=1, digest='x', metrics={'voc07/AP': 50.0})
        (work_dir / 'result.json').write_text(json.dumps(result))
    return work_dir


def test_trial_of_a_suite(tmp_path, monkeypatch):
    settings = dict(model=1, processes=1, checkpoint='abc', data_root='toy')
    work_dir = write_earlier(tmp_path / 'mine' / 'voc_det' / 'seed_1', settings)
    record = read_record(work_dir)
    assert record == RunRecord(
        work_dir,
        'voc_det',
        1,
        dict(model=1, processes=1),
        dict(checkpoint='abc', data_root='toy'),
        'mine',
        {'voc07/AP': 0.5},  # as it was logged
    )
    monkeypatch.chdir(work_dir)
    assert read_record('.').checkpoint == 'mine'


def test_trial_that_has_not_ended(tmp_path):
    record = read_record(write_earlier(tmp_path / 'run', dict(model=1), finished=False))
    assert (record.metrics, record.checkpoint, record.inputs) == (None, None, {})


def test_new_record_takes_the_place_of_an_earlier_one(tmp_path):
    work_dir = write_earlier(tmp_path / 'run', dict(model=1))
    new = RunRecord(work_dir, 'new', 2, {})
    new.write()
    assert read_record(work_dir) == new
    assert find_runs(tmp_path) == [new]


def test_single_finetuning_is_refused(tmp_path):
    claim = dict(weights='abc', seed=0, settings={})
    (tmp_path / 'finetuning.json').write_text(json.dumps(claim))
    for read in (read_record, find_runs):
        with pytest.raises(UserError) as error:
            read(tmp_path)
        assert str(tmp_path) in str(error.value) and '--restart' in str(error.value)


def test_finetuning_of_a_suite_is_read_by_its_trial(tmp_path):
    work_dir = write_earlier(tmp_path / 'run', dict(checkpoint='abc'))
    (work_dir / 'finetuning.json').write_text('{}')
    assert read_record(work_dir).inputs == dict(checkpoint='abc')
