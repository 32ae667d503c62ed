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
        title (str): What runs. Defaults to 'trials'.
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
        # soft_wrap: a log that nobody watches should not be cut into 80 columns.
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.title = title
        self.clock = clock
        self.trials: Sequence[Trial] = ()
        self.shares: dict[Trial, float] = {}
        self._bars: Bars | None = None

    @contextmanager
    def over(self, trials: Sequence[Trial]) -> Iterator[None]:
        """Show the progress of these trials.

        Args:
            trials (Sequence[Trial]): Those that are done, too.
        """
        self.trials = trials
        self.shares = {trial: trial.progress() if trial.begun else 0.0 for trial in trials}
        self.at_first = sum(self.shares.values())
        self.began = self.clock()
        self.began_trial: dict[Trial, float] = {}
        self.given_up: set[Trial] = set()
        self._say(
            f'{self.title}: {len(trials)} runs, {self._number_done()} done already'
        )
        if not self.console.is_terminal:
            yield
            return
        columns = (
            TextColumn('{task.description}'),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn('{task.fields[left]}'),
        )
        with Bars(*columns, console=self.console) as self._bars:
            self._total = self._bars.add_task(
                self.title, total=len(trials), left='', completed=self.at_first
            )
            self._tasks: dict[Trial, TaskID] = {}
            yield
        self._bars = None

    def started(self, trial: Trial) -> None:
        """A trial runs now."""
        self.began_trial[trial] = self.clock()
        share = self.shares[trial]
        how = f'goes on at {share:.0%}' if share else 'starts'
        self._say(f'{trial.title} {how} (log: {trial.log})')
        if self._bars is not None:
            task = self._bars.add_task(trial.title, total=1.0, left='', completed=share)
            self._tasks[trial] = task

    def finished(self, trial: Trial, values: Mapping[str, float]) -> None:
        """A trial has its result."""
        self.shares[trial] = 1.0
        labels = {metric.name: metric for metric in trial.metrics}
        figures = ', '.join(
            f'{labels[name].label} {value:.{labels[name].decimals}f}'
            f'{labels[name].unit and " " + labels[name].unit}'
            for name, value in values.items()
        )
        taken = _duration(self.clock() - self.began_trial[trial])
        self._close(trial)
        self._say(
            f'{trial.title} finished in {taken}'
            f'{": " + figures if figures else ""}; '
            f'{self._number_done()} of {len(self.trials)} done{self._left()}'
        )

    def failed(self, failure: Failure) -> None:
        """A trial has ended without a result."""
        self.given_up.add(failure.trial)
        self._close(failure.trial)
        self._say(f'Failed: {failure}')

    def update(self) -> None:
        """Look how far the running trials are."""
        if self._bars is None:
            return
        for trial in self.trials:
            if trial in self._tasks:
                self.shares[trial] = share = trial.progress()
                self._bars.update(self._tasks[trial], completed=share)
        left = self.time_left()
        self._bars.update(
            self._total,
            completed=sum(self.shares.values()),
            left='' if left is None else f'about {_duration(left)} left',
        )

    def time_left(self) -> float | None:
        """Estimate the seconds that all trials together still need.

        Returns:
            float | None: None as long as nothing is known.
        """
        worked = sum(self.shares.values()) - self.at_first
        if worked < TOO_EARLY:
            return None
        ahead = sum(
            1 - self.shares[trial]
            for trial in self.trials
            if trial not in self.given_up
        )
        return (self.clock() - self.began) / worked * ahead

    def _left(self) -> str:
        for trial in self.trials:
            if trial in self.began_trial:
                self.shares[trial] = trial.progress()
        left = self.time_left()
        return f', about {_duration(left)} left' if left else ''

    def _number_done(self) -> int:
        return sum(trial.done for trial in self.trials)

    def _close(self, trial: Trial) -> None:
        if self._bars is not None and trial in self._tasks:
            self._bars.remove_task(self._tasks.pop(trial))

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False)


def _duration(seconds: float) -> str:
    """Write seconds as mmengine's log writes the time that is left."""
    return str(timedelta(seconds=round(seconds)))
