"""Training commands as processes that can be watched and killed."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

POLL = 0.002  # seconds
PATIENCE = 600.0  # seconds; a training takes at most 30 on an idle machine


class NotReached(Exception):
    """A training did not reach an awaited state, which the message names."""


@dataclass(frozen=True)
class End:
    """The result of a command.

    Args:
        status (int): Exit status; negative if a signal ended it.
        output (str): Standard output.
        errors (str): Standard error.
    """

    status: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        """Standard output and standard error."""
        return self.output + self.errors


class Training:
    """A training command in a new session.

    Args:
        command (Sequence[object]): The command and its arguments.
        folder (Path): Its working directory.
        record (Path): Prefix of its files: ``.out``, ``.err`` and ``.rank<r>``, which
            :class:`~.step_log.StepLogHook` writes.
        environment (Mapping[str, str]): All of its environment variables.
    """

    live: set['Training'] = set()
    ended = False  # no more trainings may start

    def __init__(
        self,
        command: Sequence[object],
        folder: Path,
        record: Path,
        environment: Mapping[str, str],
    ) -> None:
        if Training.ended:
            raise NotReached('the attack was stopped')
        self.record = record
        self.outputs = [
            record.with_name(record.name + kind) for kind in ('.out', '.err')
        ]
        with self.outputs[0].open('wb') as out, self.outputs[1].open('wb') as err:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.live.add(self)

    def records(self, rank: int = 0) -> list[dict]:
        """Return the records of a process so far."""
        path = self.record.with_name(f'{self.record.name}.rank{rank}')
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def steps(self, rank: int = 0) -> list[dict]:
        """Return the records of steps."""
        return [record for record in self.records(rank) if 'step' in record]

    def wait_for_step(self, step: int = 0) -> int:
        """Wait until a step is finished.

        Args:
            step (int): Its number. Defaults to 0, any step.

        Returns:
            int: The number of the last finished step.
        """
        self._wait_until(
            lambda: any(record['step'] >= step for record in self.steps()),
            f'step {step}',
        )
        return self.steps()[-1]['step']

    def wait_for_save(self) -> None:
        """Wait until the next checkpoint is about to be written."""

        def saves() -> int:
            return sum('saving' in record for record in self.records())

        before = saves()
        self._wait_until(lambda: saves() > before, 'a checkpoint')

    def _wait_until(self, reached: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            ended = self.process.poll() is not None
            if (ended and not reached()) or time.monotonic() > deadline:
                raise NotReached(f'{what} was not reached ({self.last_line()})')
            time.sleep(POLL)

    def printed(self) -> str:
        """Return the output so far."""
        return ''.join(path.read_text(errors='replace') for path in self.outputs)

    def last_line(self) -> str:
        """Return the last line of the errors, or else of the output."""
        for path in reversed(self.outputs):
            lines = path.read_text(errors='replace').strip().splitlines()
            if lines:
                return lines[-1]
        return 'nothing was printed'

    def send(self, number: signal.Signals, to_group: bool = False) -> None:
        """Send a signal to the command, or to all processes of its group."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                (os.killpg if to_group else os.kill)(self.process.pid, number)

    def kill(self) -> None:
        """Kill the command and all its child processes at once."""
        if self.process.poll() is not None:
            return
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self, patience: float = PATIENCE) -> End:
        """Wait for the end of the command.

        Args:
            patience (float): Seconds after which it is killed. Defaults to 600.

        Raises:
            NotReached: If it had to be killed.
        """
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
            raise NotReached(f'no end after {patience:.0f} s') from None
        finally:
            self.live.discard(self)
        return End(status, *(path.read_text(errors='replace') for path in self.outputs))


def descendants(pid: int) -> list[int]:
    """Return the child processes of a process, and their child processes."""
    children: dict[int, list[int]] = {}
    for stat in Path('/proc').glob('[0-9]*/stat'):
        with suppress(OSError):
            # The name may contain blanks and brackets; state and parent follow it.
            parent = int(stat.read_text().rpartition(')')[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = []
    waiting = [pid]
    while waiting:
        new = children.get(waiting.pop(), [])
        found += new
        waiting += new
    return found


def kill_all() -> None:
    """Kill all running trainings and prevent new ones."""
    Training.ended = True
    for training in list(Training.live):
        training.kill()
        training.process.wait()
        Training.live.discard(training)
