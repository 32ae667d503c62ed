"""Records of runs: written and read back, found, and compared with another run's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import (
    RECORD,
    RunRecord,
    continue_record,
    find_runs,
    read_record,
    require_own_folder,
)
from setsim_mm.utils import UserError
from tests.test_visualization.logs import write_log


@pytest.fixture
def record(tmp_path) -> RunRecord:
    return RunRecord(
        tmp_path,
        'run',
        3,
        dict(model=dict(queue_len=8)),
        dict(checkpoint='abc'),
        'mine',
    )


def add_checkpoint(folder: Path) -> None:
    (folder / 'epoch_1.pth').touch()


def test_record_is_read_as_it_was_written(record):
    assert read_record(record.work_dir) is None
    record.write()
    assert read_record(record.work_dir) == record
    write_log(record.work_dir, '20260101_120000', [dict(loss=2.0, step=1)])
    finished = record.finish()
    assert finished == replace(record, metrics=dict(loss=2.0))
    assert read_record(record.work_dir) == finished
    names = {path.name for path in record.work_dir.iterdir()}
    assert names == {RECORD, '20260101_120000'}  # written whole


def test_record_moves_with_its_folder(record, tmp_path_factory):
    (record.work_dir / 'here').mkdir()
    replace(record, work_dir=record.work_dir / 'here').write()
    there = (record.work_dir / 'here').rename(tmp_path_factory.mktemp('b') / 'there')
    assert read_record(there) == replace(record, work_dir=there)


def test_run_without_a_log_keeps_its_record(record):
    record.write()
    with pytest.raises(FileNotFoundError):
        record.finish()
    assert read_record(record.work_dir) == record


@pytest.mark.parametrize(
    'change',
    [
        dict(name=3),
        dict(settings=[]),
        dict(inputs=None),
        dict(seed='0'),
        dict(checkpoint=[]),
        dict(metrics=[1]),
        dict(metrics=dict(loss='low')),
    ],
    ids=str,
)
def test_damaged_record_is_refused(change, record):
    record.write()
    path = record.work_dir / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError) as error:
        read_record(record.work_dir)
    assert str(path) in str(error.value)


def test_runs_are_found_at_any_depth(record, tmp_path):
    places = [tmp_path, tmp_path / 'b' / 'seed_0', tmp_path / 'a' / 'x' / 'y']
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        replace(record, work_dir=place).write()
    assert [run.work_dir for run in find_runs(tmp_path)] == sorted(places)
    assert [run.work_dir for run in find_runs(tmp_path, '*/seed_*')] == [places[1]]
    assert find_runs(tmp_path / 'missing') == []


def test_folder_with_nothing_to_resume_is_free(record):
    assert not require_own_folder(record)
    replace(record, settings={}).write()
    assert not require_own_folder(record)


@pytest.mark.parametrize('begin', ['checkpoint', 'metrics'])
@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (dict(settings=dict(model=dict(queue_len=16))), ['model.queue_len', '8', '16']),
        (dict(inputs=dict(checkpoint='abd')), ['checkpoint', "'abc'", "'abd'"]),
        (dict(seed=None), ['seed', '3', 'None']),
    ],
    ids=['settings', 'inputs', 'seed'],
)
def test_folder_of_another_run_is_refused_and_left_alone(begin, change, words, record):
    if begin == 'checkpoint':
        add_checkpoint(record.work_dir)
        record.write()
    else:
        replace(record, metrics=dict(loss=1.0)).write()
    before = (record.work_dir / RECORD).read_text()
    assert require_own_folder(record)
    assert require_own_folder(replace(record, name='b', checkpoint='another name'))
    with pytest.raises(UserError) as error:
        require_own_folder(replace(record, **change))
    assert all(word in str(error.value) for word in [*words, str(record.work_dir)])
    assert (record.work_dir / RECORD).read_text() == before


def test_folder_of_a_run_without_a_record_is_refused(record):
    add_checkpoint(record.work_dir)
    with pytest.raises(UserError) as error:
        require_own_folder(record)
    assert str(record.work_dir) in str(error.value)
    assert not (record.work_dir / RECORD).exists()


def test_resumed_run_keeps_inputs_and_takes_changed_settings(record):
    record.write()
    add_checkpoint(record.work_dir)
    path = record.work_dir / RECORD
    before = path.stat().st_mtime_ns
    assert continue_record(replace(record, inputs={})) == record
    assert path.stat().st_mtime_ns == before
    changed = replace(record, settings=dict(model=dict(queue_len=16)), inputs={})
    resumed = continue_record(changed)
    assert resumed == replace(changed, inputs=record.inputs)
    assert read_record(record.work_dir) == resumed


def test_inputs_of_a_run_without_a_checkpoint_are_replaced(record):
    record.write()
    started = continue_record(replace(record, inputs=dict(amp=True)))
    assert started.inputs == read_record(record.work_dir).inputs == dict(amp=True)
