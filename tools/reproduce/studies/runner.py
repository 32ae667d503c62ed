"""Run trials in subprocesses: each once, several at a time, resumed where possible."""

import fcntl
import os
import subprocess
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from setsim_mm.utils import UserError, explain
from setsim_mm.utils.interrupts import sentence_for_interrupts

from .failures import Failure
from .progress import Progress
from .trials import Trial, require_free

GO_ON = 'Interrupted: run the same command again to resume.'
POLL = 0.2  # seconds
PATIENCE = 60  # seconds in which a run must end after SIGTERM


@dataclass
class _Running:
    trial: Trial
    process: subprocess.Popen
    log: IO[bytes]
    lock: IO[bytes]


class Runner:
    """Run trials in subprocesses, ``jobs`` at a time.

    Finished trials are skipped and interrupted ones are resumed. A trial that fails
    does not stop the others. A trial with a ``call`` runs in this process.

    Args:
        jobs (int): The number of trials at a time. Defaults to 1.
        environment (Callable, optional): Returns further environment variables for a
            number below ``jobs``, which no other trial has at the same time. Defaults
            to None.
        progress (Progress, optional): Prints the progress. Defaults to None.

    Raises:
        ValueError: If ``jobs`` is below 1.
    """

    def __init__(
        self,
        jobs: int = 1,
        environment: Callable[[int], Mapping[str, str]] | None = None,
        progress: Progress | None = None,
    ) -> None:
        if jobs < 1:
            raise ValueError(f'jobs must be at least 1, but is {jobs}')
        self.jobs = jobs
        self.environment = environment or (lambda slot: {})
        self.progress = progress or Progress()
        self.running: dict[int, _Running] = {}
        self.failures: list[Failure] = []

    def run(self, trials: Sequence[Trial]) -> list[Failure]:
        """Run the trials that have no result yet.

        Args:
            trials (Sequence[Trial]): Each with its own work folder.

        Returns:
            list[Failure]: Empty if all trials have a result now.

        Raises:
            UserError: If a work folder holds another run. Nothing is started then.
            SystemExit: After Ctrl-C or SIGTERM, when the subprocesses have ended.
        """
        require_free(trials)
        self.failures = []
        waiting = [trial for trial in trials if not trial.done]
        with sentence_for_interrupts(lambda: GO_ON), self.progress.over(trials):
            try:
                while waiting or self.running:
                    while waiting and len(self.running) < self.jobs:
                        self._start(waiting.pop(0))
                    time.sleep(POLL)
                    self._collect()
                    self.progress.update()
            finally:
                self._end_all()
        return self.failures

    def _start(self, trial: Trial) -> None:
        """Start a trial in a free slot, unless another process has it."""
        slot = next(n for n in range(self.jobs) if n not in self.running)
        lock = _lock(trial)
        if lock is None:
            self._fail(trial, 'another process is running it')
            return
        if trial.done:  # another process has run it since this one started
            lock.close()
            self.progress.skipped(trial)
            return
        try:
            trial.prepare()
            log = open(trial.log, 'ab')
        except OSError as error:
            lock.close()
            self._fail(trial, f'its folder cannot be written ({error.strerror})')
            return
        if trial.call is not None:
            self._call(trial, log, lock)
            return
        process = subprocess.Popen(
            trial.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment(slot)},
            # If this process is killed, the subprocess keeps the lock.
            pass_fds=[lock.fileno()],
        )
        self.running[slot] = _Running(trial, process, log, lock)
        self.progress.started(trial)

    def _call(self, trial: Trial, log: IO[bytes], lock: IO[bytes]) -> None:
        """Run a trial in this process."""
        self.progress.started(trial)
        with log, lock:
            try:
                trial.call(trial)
            except Exception as error:
                log.write(traceback.format_exc().encode())
                reason = explain(error) or f'{type(error).__name__}: {error}'
                self._fail(trial, reason.rstrip('.'))
            else:
                self._finish(trial)

    def _collect(self) -> None:
        """Handle the subprocesses that have ended."""
        for slot, run in list(self.running.items()):
            status = run.process.poll()
            if status is None:
                continue
            del self.running[slot]
            if status != 0:
                self._fail(run.trial, _last_error(run.trial.log, status))
            else:
                self._finish(run.trial)
            run.log.close()
            run.lock.close()

    def _finish(self, trial: Trial) -> None:
        try:
            values = trial.finish()
        except (OSError, UserError) as error:
            self._fail(trial, f'it ended, but {error}')
        else:
            self.progress.finished(trial, values)

    def _fail(self, trial: Trial, reason: str) -> None:
        failure = Failure(trial, reason)
        self.failures.append(failure)
        self.progress.failed(failure)

    def _end_all(self) -> None:
        """Terminate what still runs after an interruption."""
        for run in self.running.values():
            run.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for run in self.running.values():
            try:
                run.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                run.process.kill()
                run.process.wait()
            run.log.close()
            run.lock.close()
        self.running.clear()


def _lock(trial: Trial) -> IO[bytes] | None:
    """Lock a trial for this process and its child; None if another process has it."""
    folder, name = trial.work_dir.parent, trial.work_dir.name
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(folder / f'.{name}.lock', 'ab')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _last_error(log: Path, status: int) -> str:
    """Return the last error in the output of a command."""
    lines = log.read_text(errors='replace').splitlines()
    for line in reversed(lines[-50:]):
        if line.startswith('Error') or line.split(':')[0].endswith('Error'):
            return line.removeprefix('Error: ').rstrip('.')
    if status < 0:
        return f'ended by signal {-status}'
    return f'ended with status {status}'
