"""Showing how far a list of trials is: a bar on a terminal, else a line per event."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bars

from .trials import Failure, Trial

TOO_EARLY = 0.005  # of a trial: what is done so far says nothing about the rest


class Progress:
    """Tells what happens to trials, and how much time is left over all of them.

    Args:
        title (str): What runs. Defaults to ``'trials'``.
        console (Console, optional): Where to show it. Defaults to None, which is
            standard output.
        clock (Callable[[], float]): The time in seconds.
    """

    def __init__(
        self,
        title: str = 'trials',
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console = console or Console()
        self.title = title
        self.clock = clock
        self._bars = Bars(
            TextColumn('{task.description}'),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn('{task.fields[left]}'),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._tasks: dict[Trial, TaskID] = {}
        self._shares: dict[Trial, float] = {}
        self._started: dict[Trial, float] = {}
        self._ended: set[Trial] = set()

    @contextmanager
    def over(self, trials: Sequence[Trial]) -> Iterator[None]:
        """Show the progress of these trials.

        Args:
            trials (Sequence[Trial]): All of them, those that are done too.
        """
        self._shares = {
            trial: trial.progress() if trial.begun else 0.0 for trial in trials
        }
        self._at_first = sum(self._shares.values())
        self._began = self.clock()
        self._ended = {trial for trial in trials if trial.done}
        self._say(f'{self.title}: {len(trials)} runs, {len(self._ended)} done already')
        self._total = self._bars.add_task(
            self.title, total=len(trials), completed=self._at_first, left=''
        )
        with self._bars:
            yield

    def started(self, trial: Trial) -> None:
        """Say that a trial runs now."""
        self._started[trial] = self.clock()
        share = self._shares[trial]
        self._tasks[trial] = self._bars.add_task(
            trial.title, total=1.0, completed=share, left=''
        )
        how = f'goes on at {share:.0%}' if share else 'starts'
        self._say(f'{trial.title} {how} (log: {trial.log})')

    def finished(self, trial: Trial, values: Mapping[str, float]) -> None:
        """Say that a trial has its result."""
        taken = _duration(self.clock() - self._started[trial])
        self._end(trial)
        figures = ', '.join(
            f'{metric.label} {metric.format(values[metric.name])}'
            for metric in trial.metrics
            if metric.name in values
        )
        done = sum(each.done for each in self._shares)
        self._say(
            f'{trial.title} finished in {taken}{figures and ": " + figures}; '
            f'{done} of {len(self._shares)} done{self._left(", ")}'
        )

    def failed(self, failure: Failure) -> None:
        """Say that a trial has ended without a result."""
        self._end(failure.trial)
        self._say(f'Failed: {failure}')

    def update(self) -> None:
        """Look how far the running trials are."""
        if self._bars.disable:
            return
        for trial, task in self._tasks.items():
            self._shares[trial] = trial.progress()
            self._bars.update(task, completed=self._shares[trial])
        done = sum(self._shares.values())
        self._bars.update(self._total, completed=done, left=self._left())

    def time_left(self) -> float | None:
        """Estimate the seconds that all trials together still need.

        Returns:
            float | None: None as long as nothing is known.
        """
        for trial in self._tasks:
            self._shares[trial] = trial.progress()
        worked = sum(self._shares.values()) - self._at_first
        if worked < TOO_EARLY:
            return None
        ahead = sum(
            1 - self._shares[each] for each in self._shares.keys() - self._ended
        )
        return (self.clock() - self._began) / worked * ahead

    def _left(self, before: str = '') -> str:
        seconds = self.time_left()
        return f'{before}about {_duration(seconds)} left' if seconds else ''

    def _end(self, trial: Trial) -> None:
        """Note how far a trial has come, and that it goes no further."""
        self._ended.add(trial)
        self._shares[trial] = trial.progress()
        if trial in self._tasks:
            self._bars.remove_task(self._tasks.pop(trial))
        self.update()

    def _say(self, line: str) -> None:
        # Paths and sentences stay whole lines.
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _duration(seconds: float) -> str:
    """Write seconds as mmengine's log writes the time that is left."""
    return str(timedelta(seconds=round(seconds)))
