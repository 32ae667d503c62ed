"""The check of a GPU, on a CPU: its checks, their results and the report."""

import json
import math
import re
import warnings
from collections import Counter

import pytest
import torch

from gpu_checks import (
    CHECKS,
    Measured,
    NotRun,
    Setting,
    as_markdown,
    exact,
    matching,
    processes,
    run_check,
    syncs,
    write_report,
)
from setsim_mm.models.losses import positions
from tests.test_tools.training_helpers import REPO

SETTING = Setting(torch.device('cpu'), REPO / 'configs/selfsup', tiny=True)
QUICK = (
    exact.set_loss_in_float32,
    exact.set_loss_in_half_precision,
    exact.bank_in_float32,
    exact.bank_in_bfloat16,
    exact.cosine_loss,
    matching.matchers,
    matching.random_matcher,
    matching.queue,
)


def good(setting):
    """A check that passes."""
    yield Measured('error', 0.5, 1.0)
    yield Measured('time', 3.0)
    yield '## Table\n'


def bad(setting):
    """A check with a value beyond its bound and one that is no number."""
    yield Measured('error', 0.5, 1.0)
    yield Measured('share | x', 2.0, 1.0)
    yield Measured('loss', math.nan, 1.0)


def broken(setting):
    """A check with an error after its first value."""
    yield Measured('error', 0.5, 1.0)
    raise RuntimeError('out of memory\nmore')


def on_a_gpu(setting):
    """A check of a GPU."""
    setting.need_gpu('this')
    yield Measured('error', 0.0, 0.0)


@pytest.fixture(scope='module')
def results():
    return [run_check(check, SETTING) for check in (good, bad, broken, on_a_gpu)]


def test_an_error_fails_one_check(results):
    statuses = {result.name: result.status for result in results}
    assert statuses == {
        'good': 'passed', 'bad': 'failed', 'broken': 'failed', 'on_a_gpu': 'not run'
    }  # fmt: skip
    reasons = {result.name: result.reason for result in results}
    assert 'share' in reasons['bad'] and 'loss' in reasons['bad']
    assert reasons['broken'] == 'RuntimeError: out of memory'
    assert len(results[2].measured) == 1


def test_the_report_shows_what_failed(results, tmp_path):
    report = write_report(results, 'a machine', tmp_path)
    text = report.read_text()
    assert text == as_markdown(results, 'a machine')
    assert '1 passed, 2 failed, 1 not run' in text and '## Table' in text
    rows = [line for line in text.splitlines() if line.startswith('| ')]
    counts = Counter(row.split(' | ')[0].removeprefix('| ') for row in rows[1:])
    assert counts == {'good': 1, 'bad': 2, 'broken': 1, 'on a gpu': 1}
    cells = {len(re.findall(r'(?<!\\)\|', row)) for row in rows}
    assert cells == {7}


def test_the_report_as_json_has_all_values(results, tmp_path):
    write_report(results, 'a machine', tmp_path)
    good, bad, *_ = json.loads((tmp_path / 'gpu_check.json').read_text())['checks']
    assert [part['value'] for part in good['measured']] == [0.5, 3.0]
    assert good['measured'][1]['bound'] is None
    assert bad['measured'][2]['value'] is None


@pytest.mark.parametrize('check', QUICK, ids=lambda check: check.__name__)
def test_checks_pass_on_a_cpu(check):
    result = run_check(check, SETTING)
    assert result.status == 'passed', result.reason
    assert result.measured
    assert all(math.isfinite(part.bound) for part in result.measured)


def test_only_named_places_of_a_step_wait():
    in_float32 = next(syncs.waits_in_a_step(SETTING))
    assert in_float32.passed


def test_a_wrong_loss_fails(monkeypatch):
    right = exact.set_contrastive_loss
    monkeypatch.setattr(
        exact, 'set_contrastive_loss', lambda *args, **kw: 1.001 * right(*args, **kw)
    )
    assert run_check(exact.set_loss_in_float32, SETTING).status == 'failed'


def test_no_time_is_left():
    late = Setting(SETTING.device, SETTING.configs, tiny=True, seconds=-1)
    with pytest.raises(NotRun):
        late.need_time()


def test_waits_are_named_by_function():
    matched = torch.ones(2, 4, dtype=torch.bool)
    waits = syncs.waits_of(lambda: positions.rows_of(matched, True), SETTING.device)
    assert waits == {'positions.py: rows_of': 1}
    assert set(waits) < set(syncs.NAMED)
    assert not syncs.waits_of(lambda: positions.rows_of(matched, False), SETTING.device)
    here = syncs.waits_of(lambda: matched.sum().item(), SETTING.device)
    assert sum(here.values()) == 1 and not set(here) & set(syncs.NAMED)


def test_warnings_of_pytorch_are_counted():
    places = Counter()
    with syncs.warnings_counted(places):
        for message in ('called a synchronizing CUDA operation', 'anything'):
            warnings.warn(message, stacklevel=1)
    assert sum(places.values()) == 1


def test_the_program_runs_named_checks(in_this_process, tmp_path, monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    options = ('--device', 'cpu', '--out', tmp_path / 'report')
    status, output, _ = in_this_process(
        'tools/speed/gpu_check.py', *options, '--only', 'queue'
    )
    assert status == 0
    last = output.strip().splitlines()[-1]
    assert '1 passed, 0 failed' in last and str(tmp_path) in last
    status, _, errors = in_this_process(
        'tools/speed/gpu_check.py', *options, '--only', 'cue'
    )
    assert status != 0 and 'queue' in errors and 'Traceback' not in errors


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_no_gpu_is_one_sentence(in_this_process):
    status, _, errors = in_this_process('tools/speed/gpu_check.py')
    assert status != 0 and '--device cpu' in errors and 'Traceback' not in errors


@pytest.mark.slow
def test_every_check_in_small_sizes():
    for check in CHECKS:
        result = run_check(check, SETTING)
        assert result.status != 'failed', (result.name, result.reason)


@pytest.mark.slow
def test_two_processes_agree():
    measured = list(processes.agreement_of_ranks(SETTING, 2))
    assert len(measured) == 3 and all(part.passed for part in measured)
