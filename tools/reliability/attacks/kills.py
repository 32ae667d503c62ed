"""Signals at random moments, each followed by ``--resume``."""

import random
import signal
from collections.abc import Iterator
from functools import partial
from signal import Signals

from .chain import STATUS, Blow, Chain
from .finetuning import FineTuning
from .lab import Lab
from .scenario import Fault, Round, scenario
from .tiny_run import Setup

GOES_ON = 'the last checkpoint is whole; `--resume` ends with the same bits'
SAVES = 'saves that very step and exits with status {}; `--resume`: the same bits'


def blow(name: str, number: Signals, while_saving: bool) -> Blow:
    """Return a signal at a random step, or while a checkpoint is being written."""
    when = 'while a checkpoint is written' if while_saving else 'at a random step'
    expected = SAVES.format(STATUS[number]) if number in STATUS else GOES_ON
    return Blow(Fault('kills', f'{name} {when}', expected), number, while_saving)


BLOWS = (
    blow('SIGKILL', signal.SIGKILL, False),
    blow('SIGKILL', signal.SIGKILL, True),
    blow('SIGTERM', signal.SIGTERM, False),
    blow('SIGTERM', signal.SIGTERM, True),
    blow('Ctrl-C', signal.SIGINT, True),
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
    """Interrupt a training again and again, and compare it with an uninterrupted one.

    A training that has gone wrong is given up, and a new one takes the other blows.

    Args:
        lab (Lab): Where.
        rounds (int): How often each blow falls.
        rng (random.Random): Draws order and moments.
        setup (Setup): How the training is run.

    Yields:
        Round: One for each blow.
    """
    blows = [*BLOWS] * rounds
    rng.shuffle(blows)
    while blows:
        yield from Chain(lab, setup).run(blows, rng)


for _setup in SETUPS:
    scenario('kills', _setup.name, faults=len(BLOWS))(
        partial(kill_and_resume, setup=_setup)
    )
