"""Faults, their results, and the list of scenarios."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lab import Lab

THEMES = ('kills', 'disks', 'files', 'numbers', 'hostile', 'ranks', 'finetuning')


@dataclass(frozen=True)
class Fault:
    """A line of the table.

    Args:
        theme (str): One of :data:`THEMES`.
        name (str): What goes wrong.
        expected (str): What must happen.
    """

    theme: str
    name: str
    expected: str


@dataclass
class Round:
    """One try of a fault.

    Args:
        fault (Fault): What was done.
        where (str): How the training was run.
        problems (list[str]): Violated expectations; empty if the training survived.
            Defaults to none.
        lost (int): Bytes of checkpoints that were lost. Defaults to 0.
        notes (list[str]): Further information. Defaults to none.
    """

    fault: Fault
    where: str
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        """Return whether there was no problem."""
        return not self.problems and not self.lost

    def expect(self, condition: object, problem: str) -> None:
        """Add a problem unless a condition holds."""
        if not condition:
            self.problems.append(problem)


Run = Callable[['Lab', int, random.Random], Iterator[Round]]


@dataclass(frozen=True)
class Scenario:
    """A function that attacks trainings.

    Args:
        theme (str): One of :data:`THEMES`.
        name (str): Name of its folder.
        faults (int): Number of faults in a round.
        run (Run): Called with the lab, the number of rounds and a random generator;
            yields the result of each fault.
    """

    theme: str
    name: str
    faults: int
    run: Run


SCENARIOS: list[Scenario] = []


def scenario(theme: str, name: str, faults: int = 1) -> Callable[[Run], Run]:
    """Return a decorator that adds a function to the list; see :class:`Scenario`."""

    def add(run: Run) -> Run:
        SCENARIOS.append(Scenario(theme, name, faults, run))
        return run

    return add
