"""The record of a run, in its folder."""

import json
import sys

import pytest
from mmengine.config import Config

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.runs import collect_provenance, git_state, write_provenance

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


def read(path):
    return json.loads(path.read_text())


def test_a_new_run(record, tmp_path):
    path = write_provenance(tmp_path, record)
    content = read(path)
    (session,) = content.pop('sessions')
    assert content == record
    assert session['resumed_from'] is None
    assert session['versions'] == record['versions']
    assert [child.name for child in tmp_path.iterdir()] == ['provenance.json']


def test_a_resumed_run_adds_a_session(record, tmp_path):
    write_provenance(tmp_path, record)
    later = dict(record, time='later', seed=4)
    for epoch in (1, 2):
        path = write_provenance(tmp_path, later, tmp_path / f'epoch_{epoch}.pth')
    content = read(path)
    sessions = content.pop('sessions')
    assert content == record  # the first record stays
    assert [session['time'] for session in sessions] == [record['time'], *2 * ['later']]
    assert sessions[2]['resumed_from'] == str(tmp_path / 'epoch_2.pth')


def test_another_run_in_the_folder_starts_anew(record, tmp_path):
    write_provenance(tmp_path, record)
    content = read(write_provenance(tmp_path, dict(record, seed=4)))
    assert content['seed'] == 4 and len(content['sessions']) == 1


def test_a_run_that_goes_on_elsewhere(record, tmp_path):
    (session,) = read(write_provenance(tmp_path, record, 'old/epoch_1.pth'))['sessions']
    assert session['resumed_from'] == 'old/epoch_1.pth'


@pytest.mark.parametrize('text', ['', '{"sessions": 1}', '[]', '{' * 10**5])
def test_a_damaged_file_is_kept_and_replaced(text, record, tmp_path):
    (tmp_path / 'provenance.json').write_text(text)
    content = read(write_provenance(tmp_path, record, 'epoch_1.pth'))
    assert len(content['sessions']) == 1
    assert (tmp_path / 'provenance.damaged.json').read_text() == text


def test_names_that_are_no_text_can_be_written(record, tmp_path):
    content = read(write_provenance(tmp_path, dict(record, command='a\udcff')))
    assert content['command'] == 'a\udcff'
