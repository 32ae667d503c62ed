"""Runs in subprocesses: once each, several at a time, resumed after interruptions."""

import io
import os
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from setsim_mm.runs.metrics import Metric
from setsim_mm.utils import UserError
from studies.progress import Progress
from studies.runner import GO_ON, Runner

from .trials import make_trial


@pytest.fixture
def told() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def runner(told: io.StringIO) -> Runner:
    console = Console(file=told, width=500, highlight=False)
    return Runner(jobs=2, progress=Progress('two runs', console))


HOLD = 'echo held; read enough'


def log_of(trial) -> list[str]:
    return trial.log.read_text().splitlines()


def test_every_trial_runs_with_its_seed(runner, told, tmp_path):
    trials = [make_trial(tmp_path, name, seed) for name in 'ab' for seed in (0, 7)]
    assert runner.run(trials) == []
    assert [trial.finish()['accuracy'] for trial in trials] == [60, 67, 60, 67]
    assert [trial.work_dir for trial in trials] == [
        tmp_path / name / f'seed_{seed}' for name in 'ab' for seed in (0, 7)
    ]
    lines = told.getvalue().splitlines()
    assert lines[0] == 'two runs: 4 runs, 0 done already'
    assert f'a, seed 0 starts (log: {trials[0].log})' in lines
    assert len([line for line in lines if 'accuracy 67.0 %' in line]) == 2
    assert '4 of 4 done' in lines[-1] and 'left' not in lines[-1]


def test_finished_trials_are_skipped(runner, told, tmp_path):
    trials = [make_trial(tmp_path, 'a'), make_trial(tmp_path, 'b', how='badly')]
    assert len(runner.run(trials)) == 1
    before = trials[0].log.stat().st_mtime_ns, log_of(trials[0])
    corrected = make_trial(tmp_path, 'b')
    assert Runner(progress=runner.progress).run([trials[0], corrected]) == []
    assert (trials[0].log.stat().st_mtime_ns, log_of(trials[0])) == before
    assert 'b, seed 0 goes on at 25%' in told.getvalue()
    assert 'Starting after epoch 1.' in log_of(corrected)  # appended
    assert log_of(corrected)[0] == 'Starting after epoch 0.'


def test_failure_does_not_stop_the_others(runner, told, tmp_path):
    trials = [
        make_trial(tmp_path, 'bad', how='badly'),
        make_trial(tmp_path, 'mute', how='silently'),
        make_trial(tmp_path, 'good'),
    ]
    bad, mute = sorted(runner.run(trials), key=lambda failure: failure.trial.name)
    assert str(bad) == (
        f'bad, seed 0: the disk is full: make room (log: {trials[0].log})'
    )
    assert 'it ended, but there is no training log' in str(mute)
    assert not trials[0].done and not trials[1].done and trials[2].done
    assert f'Failed: {bad}' in told.getvalue()


def test_run_without_any_of_its_metrics_has_failed(runner, tmp_path):
    trial = make_trial(tmp_path)
    object.__setattr__(trial, 'metrics', (Metric('mIoU', 'mIoU'), Metric('AP', 'AP')))
    (failure,) = runner.run([trial])
    assert failure.reason == 'it ended, but its log has no mIoU and no AP'
    assert not trial.done


def test_no_more_than_jobs_run_at_once(told, tmp_path):
    """Each slot, which selects a GPU, belongs to one run at a time."""
    slots = []

    def environment_of(slot: int) -> dict[str, str]:
        slots.append((slot, sorted(runner.running)))
        return {}

    runner = Runner(2, environment_of, Progress(console=Console(file=told)))
    runner.run([make_trial(tmp_path, seed=seed) for seed in range(5)])
    assert len(slots) == 5
    for slot, running in slots:
        assert slot in (0, 1) and slot not in running


def test_folder_of_another_config_is_refused_before_anything_starts(runner, tmp_path):
    runner.run([make_trial(tmp_path, 'b', model=dict(depth=18))])
    other = [make_trial(tmp_path, 'a'), make_trial(tmp_path, 'b', model=dict(depth=50))]
    with pytest.raises(UserError, match=r'model.depth is 18 there and 50 here'):
        runner.run(other)
    assert not other[0].work_dir.exists()


def test_trial_of_another_process_is_skipped(runner, told, tmp_path):
    """A run whose runner was killed keeps the lock that it inherited."""
    trials = [make_trial(tmp_path, seed=seed) for seed in (0, 1)]
    trials[0].work_dir.parent.mkdir()
    holder = subprocess.Popen(
        ['flock', trials[0].work_dir.parent / '.seed_0.lock', 'sh', '-c', HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b'held\n'
    (failure,) = runner.run(trials)
    assert failure.trial is trials[0] and trials[1].done
    assert failure.reason == 'another process is running it'
    assert not trials[0].work_dir.exists()
    holder.communicate(b'enough\n', timeout=30)
    assert runner.run(trials) == []


def test_trial_that_another_process_has_finished_keeps_its_record(told, tmp_path):
    first, second = make_trial(tmp_path, 'a'), make_trial(tmp_path, 'b')
    console = Console(file=told, width=500)

    def contents(trial):
        return [(trial.work_dir / 'run.json').read_text(), log_of(trial)]

    class Meanwhile(Progress):
        """Lets another runner finish the second trial while the first one runs."""

        def started(self, trial):
            super().started(trial)
            assert Runner().run([second]) == []
            self.before = contents(second)

    progress = Meanwhile('two runs', console)
    assert Runner(progress=progress).run([first, second]) == []
    assert contents(second) == progress.before
    assert second.done and 'b, seed 0 was finished by another' in told.getvalue()


def test_interruption_ends_the_runs_and_prints_how_to_resume(runner, tmp_path, capsys):
    trials = [make_trial(tmp_path, seed=seed, how='never') for seed in (0, 1, 2)]
    threading.Thread(target=terminate_when_two_run, args=(tmp_path,)).start()
    with pytest.raises(SystemExit) as exit_call:
        runner.run(trials)
    assert exit_call.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err.strip() == GO_ON
    assert not runner.running and not any(trial.done for trial in trials)
    assert not trials[2].work_dir.exists()

    again = [make_trial(tmp_path, seed=seed) for seed in (0, 1, 2)]
    assert Runner(3, progress=runner.progress).run(again) == []
    assert 'Starting after epoch 1.' in log_of(again[1])


def terminate_when_two_run(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while len(list(folder.glob('*/*/last_checkpoint'))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)


def test_no_jobs_are_refused():
    with pytest.raises(ValueError, match='jobs must be at least 1, but is 0'):
        Runner(0)


def test_calls_run_in_this_process(runner, told, tmp_path):
    def work(trial) -> None:
        """Log what program.py logs."""
        log = trial.work_dir / '20260101_120000' / 'vis_data' / 'scalars.json'
        log.parent.mkdir(parents=True)
        log.write_text(f'{{"accuracy": {trial.seed}, "step": 1}}\n')

    def fail(trial) -> None:
        raise UserError('there is no memory: use less.')

    trials = [
        replace(make_trial(tmp_path, 'bad'), call=fail),
        replace(make_trial(tmp_path, 'good', seed=7), call=work),
    ]
    (failure,) = runner.run(trials)
    assert failure.trial is trials[0]
    assert failure.reason == 'there is no memory: use less'
    assert 'in fail' in trials[0].log.read_text()  # the traceback
    assert trials[1].done and trials[1].finish() == dict(accuracy=7)
    assert 'good, seed 7 finished' in told.getvalue()
