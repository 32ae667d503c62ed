"""The progress of trials: a bar on a terminal, and a line for each event."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bars

from .failures import Failure
from .trials import Trial

TOO_EARLY = 0.005  # of a trial: too little for an estimate of the rest


class Progress:
    """Print what happens to trials, and estimate the time that is left for all.

    Args:
        title (str): The title of the trials. Defaults to ``'trials'``.
        console (Console, optional): The console to print to. Defaults to None,
            standard output.
        clock (Callable[[], float]): Returns the time in seconds.
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
        """Context manager: show the progress of trials.

        Args:
            trials (Sequence[Trial]): All trials, finished ones included.
        """
        self._shares = {
            trial: trial.progress() if trial.begun else 0.0 for trial in trials
        }
        self._at_first = sum(self._shares.values())
        self._began = self.clock()
        self._ended = {trial for trial in trials if trial.done}
        self._print(
            f'{self.title}: {len(trials)} runs, {len(self._ended)} done already'
        )
        self._total = self._bars.add_task(
            self.title, total=len(trials), completed=self._at_first, left=''
        )
        with self._bars:
            yield

    def started(self, trial: Trial) -> None:
        """Print that a trial has started."""
        self._started[trial] = self.clock()
        share = self._shares[trial]
        self._tasks[trial] = self._bars.add_task(
            trial.title, total=1.0, completed=share, left=''
        )
        how = f'goes on at {share:.0%}' if share else 'starts'
        self._print(f'{trial.title} {how} (log: {trial.log})')

    def finished(self, trial: Trial, values: Mapping[str, float]) -> None:
        """Print that a trial has finished.

        Args:
            trial (Trial): The trial.
            values (Mapping[str, float]): Everything that it has logged, by name.
        """
        taken = _duration(self.clock() - self._started[trial])
        self._end(trial)
        figures = ', '.join(
            f'{metric.label} {metric.format(value)}'
            for metric in trial.metrics
            if (value := metric.of(values)) is not None
        )
        done = sum(each.done for each in self._shares)
        self._print(
            f'{trial.title} finished in {taken}{figures and ": " + figures}; '
            f'{done} of {len(self._shares)} done{self._left(", ")}'
        )

    def skipped(self, trial: Trial) -> None:
        """Print that another process has finished a trial."""
        self._end(trial)
        self._print(f'{trial.title} was finished by another process')

    def failed(self, failure: Failure) -> None:
        """Print that a trial has failed."""
        self._end(failure.trial)
        self._print(f'Failed: {failure}')

    def update(self) -> None:
        """Update the bars of the running trials."""
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
            float | None: None while too little is done.
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
        """Record how far a trial has come when it ends."""
        self._ended.add(trial)
        self._shares[trial] = trial.progress()
        if trial in self._tasks:
            self._bars.remove_task(self._tasks.pop(trial))
        self.update()

    def _print(self, line: str) -> None:
        # Lines are not broken, so that paths stay whole.
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _duration(seconds: float) -> str:
    """Return seconds as ``hours:minutes:seconds``, as in mmengine's log."""
    return str(timedelta(seconds=round(seconds)))
