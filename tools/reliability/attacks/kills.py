"""Attacks with signals at random moments, each followed by ``--resume``."""

import random
import signal
from collections.abc import Iterator
from functools import partial
from signal import Signals

from .chain import STATUS, Chain, Interruption
from .finetuning import FineTuning
from .lab import Lab
from .scenario import Fault, Round, scenario
from .tiny_run import Setup

RESUMES = 'the last checkpoint is intact; `--resume` ends with the same bits'
SAVES = 'saves the last step and exits with status {}; `--resume`: the same bits'


def interruption(name: str, number: Signals, while_saving: bool) -> Interruption:
    """Return a signal at a random step, or while a checkpoint is written."""
    when = 'while a checkpoint is written' if while_saving else 'at a random step'
    expected = SAVES.format(STATUS[number]) if number in STATUS else RESUMES
    return Interruption(
        Fault('kills', f'{name} {when}', expected), number, while_saving
    )


INTERRUPTIONS = (
    interruption('SIGKILL', signal.SIGKILL, False),
    interruption('SIGKILL', signal.SIGKILL, True),
    interruption('SIGTERM', signal.SIGTERM, False),
    interruption('SIGTERM', signal.SIGTERM, True),
    interruption('Ctrl-C', signal.SIGINT, True),
)
SETUPS = (
    Setup(by_epoch=True, workers=0),
    Setup(by_epoch=True, workers=2),
    Setup(by_epoch=False, workers=0),
    Setup(by_epoch=False, workers=2),
    Setup(by_epoch=True, workers=0, processes=2),
    Setup(by_epoch=False, workers=2, processes=2),
    FineTuning(),
)


def kill_and_resume(
    lab: Lab, rounds: int, rng: random.Random, setup: Setup
) -> Iterator[Round]:
    """Interrupt a training several times and compare it with an uninterrupted one.

    After a problem, a new training gets the remaining interruptions.

    Args:
        lab (Lab): The folder of the trainings.
        rounds (int): Number of repeats of each interruption.
        rng (random.Random): Draws order and moments.
        setup (Setup): How the training is run.

    Yields:
        Round: The result of each interruption.
    """
    interruptions = [*INTERRUPTIONS] * rounds
    rng.shuffle(interruptions)
    while interruptions:
        yield from Chain(lab, setup).run(interruptions, rng)


for _setup in SETUPS:
    scenario('kills', _setup.name, faults=len(INTERRUPTIONS))(
        partial(kill_and_resume, setup=_setup)
    )
