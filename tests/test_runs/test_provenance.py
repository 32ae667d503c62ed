"""The provenance of a run, in its record."""

import json
import sys

import pytest
from mmengine.config import Config

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.runs import (
    RunRecord,
    collect_provenance,
    git_state,
    read_record,
    write_provenance,
)
from setsim_mm.utils import UserError

TEXT = "model = dict(type='MoCo', queue_len=8)\n"


@pytest.fixture
def record():
    return collect_provenance(Config.fromstring(TEXT, '.py'), 3, world_size=2)


def test_it_says_what_decides_the_result(record, tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'1234')
    cfg = Config.fromstring(TEXT, '.py')
    record = collect_provenance(cfg, 3, UnlabeledImages(str(tmp_path)), world_size=2)
    assert (record['seed'], record['processes']) == (3, 2)
    assert record['config']['text'] == cfg.pretty_text
    assert record['data']['sizes']['bytes'] == 4
    assert record['git'] == git_state()
    assert sys.orig_argv[-1] in record['command']
    assert record['time'].endswith('+00:00')


def test_it_is_plain(record):
    assert json.loads(json.dumps(record)) == record


def test_the_digest_of_the_settings_leaves_the_machine_out(record):
    cfg = Config.fromstring(TEXT + "work_dir = 'x'\nlog_level = 'ERROR'\n", '.py')
    other = collect_provenance(cfg, 3)['config']
    assert other['settings'] == record['config']['settings']
    assert other['sha256'] != record['config']['sha256']
    cfg.model.queue_len = 16
    assert collect_provenance(cfg, 3)['config']['settings'] != other['settings']


@pytest.fixture
def folder(tmp_path):
    """The folder of a run with a record."""
    RunRecord(tmp_path, 'run', 3, dict(lr=0.1)).write()
    return tmp_path


def read(path):
    return json.loads(path.read_text())['provenance']


def test_a_new_run(record, folder):
    path = write_provenance(folder, record)
    content = read(path)
    (session,) = content.pop('sessions')
    assert content == record
    assert session['resumed_from'] is None
    assert session['versions'] == record['versions']
    assert [child.name for child in folder.iterdir()] == ['run.json']
    assert read_record(folder).settings == dict(lr=0.1)


def test_a_resumed_run_adds_a_session(record, folder):
    write_provenance(folder, record)
    later = dict(record, time='later', seed=4)
    for epoch in (1, 2):
        path = write_provenance(folder, later, folder / f'epoch_{epoch}.pth')
        read_record(folder).write()  # keeps the provenance
    content = read(path)
    sessions = content.pop('sessions')
    assert content == record  # the first record stays
    assert [session['time'] for session in sessions] == [record['time'], *2 * ['later']]
    assert sessions[2]['resumed_from'] == str(folder / 'epoch_2.pth')


def test_another_run_in_the_folder_replaces_it(record, folder):
    write_provenance(folder, record)
    content = read(write_provenance(folder, dict(record, seed=4)))
    assert content['seed'] == 4 and len(content['sessions']) == 1


def test_a_run_that_goes_on_elsewhere(record, folder):
    (session,) = read(write_provenance(folder, record, 'old/epoch_1.pth'))['sessions']
    assert session['resumed_from'] == 'old/epoch_1.pth'


def test_a_run_of_an_earlier_version_is_continued(record, folder):
    earlier = dict(record, time='earlier', sessions=[dict(time='earlier')])
    (folder / 'provenance.json').write_text(json.dumps(earlier))
    content = read(write_provenance(folder, record, 'epoch_1.pth'))
    times = [session['time'] for session in content['sessions']]
    assert (content['time'], times) == ('earlier', ['earlier', record['time']])


@pytest.mark.parametrize('entry', [1, [], dict(sessions=1)])
def test_another_entry_is_replaced(entry, record, folder):
    path = folder / 'run.json'
    path.write_text(json.dumps(dict(json.loads(path.read_text()), provenance=entry)))
    content = read(write_provenance(folder, record, 'epoch_1.pth'))
    assert len(content['sessions']) == 1


@pytest.mark.parametrize('text', ['', '[]', '{' * 10**5])
def test_a_damaged_record_is_kept(text, record, tmp_path):
    (tmp_path / 'run.json').write_text(text)
    with pytest.raises(UserError, match=r'run\.json'):
        write_provenance(tmp_path, record, 'epoch_1.pth')
    assert (tmp_path / 'run.json').read_text() == text


def test_names_that_are_no_text_can_be_written(record, folder):
    content = read(write_provenance(folder, dict(record, command='a\udcff')))
    assert content['command'] == 'a\udcff'
