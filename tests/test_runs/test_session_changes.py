"""Tests of the changes between a resumed run and the session before it."""

import copy

import pytest
from mmengine.config import Config

from setsim_mm.runs import collect_provenance, package_versions, session_changes

TEXT = """
model = dict(type='MoCo', queue_len=8)
train_dataloader = dict(num_workers=1, dataset=dict(data_root='/a'))
work_dir = 'x'
"""
DATA = dict(samples=2, names='n' * 64, sizes=dict(images=2, bytes=3, sha256='s'))


def record_of(text=TEXT, **changes):
    record = collect_provenance(Config.fromstring(text, '.py'), 0)
    return dict(record, data=copy.deepcopy(DATA), **changes)


def test_the_same_session_does_not_differ():
    assert session_changes(record_of(), record_of()) == []


def test_where_it_runs_does_not_matter():
    other = record_of(
        TEXT.replace('num_workers=1', 'num_workers=8').replace("'x'", "'y'")
        + "resume = True\nload_from = 'epoch_1.pth'\n",
        host='elsewhere',
        time='later',
        command='other',
        devices=['another'],
    )
    assert session_changes(record_of(), other) == []


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (dict(seed=7), ['seed', '0', '7']),
        (dict(processes=8), ['processes', '1', '8']),
        (dict(versions=dict(package_versions(), torch='2.9')), ['torch', '2.9']),
        (dict(git=dict(commit='f' * 40)), ['commit', 'f' * 40]),
        (dict(data=dict(DATA, samples=9)), ['samples', '2', '9']),
        (dict(data=dict(DATA, names='m' * 64)), ['names', 'm' * 64]),
        (dict(data=dict(DATA, sizes=dict(sha256='t'))), ['sizes', "'t'"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else '',
)
def test_what_decides_the_result_does(change, words):
    old = record_of(git=dict(commit='e' * 40))
    (first, *_) = session_changes(old, dict(old, **change))
    assert all(word in first for word in words)


def test_settings_are_named():
    (clause,) = session_changes(record_of(), record_of(TEXT.replace('=8', '=16')))
    assert all(word in clause for word in ('model.queue_len', '8', '16'))


def test_the_place_of_the_same_data_does_not_matter():
    moved = record_of(TEXT.replace('/a', '/b'))
    assert session_changes(record_of(), moved) == []
    moved['data']['samples'] = 3
    assert any('data_root' in clause for clause in session_changes(record_of(), moved))
    del moved['data']
    assert any('data_root' in clause for clause in session_changes(record_of(), moved))


@pytest.mark.parametrize('part', ['git', 'data'])
def test_what_is_not_known_does_not_differ(part):
    old = record_of(git=dict(commit='e' * 40))
    assert session_changes(dict(old, **{part: None}), old) == []
    assert session_changes(old, dict(old, **{part: None})) == []


def test_without_the_text_the_digests_are_compared():
    old, new = record_of(), record_of(TEXT.replace('=8', '=16'))
    del old['config']['text']
    assert any('config' in clause for clause in session_changes(old, new))


@pytest.mark.parametrize(
    'old', [None, 3, 'text', [], {}, dict(config=3, data=[], versions='', git=1)]
)
def test_nothing_is_expected_of_the_old_record(old):
    assert isinstance(session_changes(old, record_of()), list)


def test_an_old_record_cannot_control_the_terminal():
    old = record_of(seed='\x1b[2J' + 'x' * 10**6)
    (clause,) = session_changes(old, record_of())
    assert clause.isprintable() and len(clause) < 200


def test_an_old_record_may_hold_any_number():
    (clause,) = session_changes(record_of(seed=10**5000), record_of())
    assert 'seed' in clause and len(clause) < 200


def test_a_config_in_an_old_record_is_not_executed(tmp_path):
    old = record_of()
    marker = tmp_path / 'marker'
    old['config']['text'] = f'a = __import__("os").mkdir({str(marker)!r})\nb = 1\n'
    assert session_changes(old, record_of())
    assert not marker.exists()
