"""Progress of a long build, on a terminal or in a log."""

import re
import sys
import time
from collections.abc import Callable
from typing import TextIO

# ninja's lines begin with the number of finished steps: `[12/77] c++ -MMD …`.
STEP = re.compile(r'^\s*\[(\d+)/(\d+)\]')


def parse_step(line: str) -> tuple[int, int] | None:
    """Return the finished and the total number of steps in a line of ninja's output."""
    found = STEP.match(line)
    return (int(found[1]), int(found[2])) if found else None


def as_duration(seconds: float) -> str:
    """Return seconds as text.

    Examples:
        >>> as_duration(42), as_duration(80), as_duration(600)
        ('42 s', '1 min 20 s', '10 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f'{rest} s'
    return f'{minutes} min' + (f' {rest} s' if rest else '')


class BuildProgress:
    """A progress bar on a terminal, or lines at intervals elsewhere.

    Args:
        what (str): What is built, for the text.
        stream (TextIO, optional): Output stream. Defaults to standard output.
        interval (float): Seconds between two lines without a terminal.
        clock (Callable): Returns the time in seconds.
    """

    width = 30

    def __init__(
        self,
        what: str,
        stream: TextIO | None = None,
        interval: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.what = what
        self.stream = stream or sys.stdout
        self.interval = interval
        self.clock = clock
        self.began = clock()
        self.first_step: tuple[float, int] | None = None
        self.shown_at = float('-inf')

    def line(self, line: str) -> None:
        """Update the progress from a line of the build's output."""
        step = parse_step(line)
        if step is None:
            return
        done, total = step
        now = self.clock()
        # The time before the first file (unpacking, tests of the compiler) is not part
        # of the time per file.
        if self.first_step is None:
            self.first_step = (now, done)
        interactive = self.stream.isatty()
        if not interactive and done < total and now - self.shown_at < self.interval:
            return
        self.shown_at = now
        text = f'{self.what}: {done} of {total} files, {self._left(done, total, now)}'
        if interactive:
            filled = self.width * done // total
            bar = '#' * filled + '.' * (self.width - filled)
            self.stream.write(f'\r[{bar}] {text}\x1b[K')
        else:
            self.stream.write(text + '\n')
        self.stream.flush()

    def _left(self, done: int, total: int, now: float) -> str:
        """Return the elapsed and the remaining time as text."""
        taken = as_duration(now - self.began)
        began, first = self.first_step
        if done == first:
            return f'{taken} so far'
        left = (now - began) / (done - first) * (total - done)
        return f'{taken} so far, about {as_duration(left)} left'

    def close(self) -> None:
        """End the line of the bar."""
        if self.stream.isatty() and self.first_step is not None:
            self.stream.write('\n')
