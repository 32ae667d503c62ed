"""Attacks with losses and gradients that are NaN, and too large learning rates."""

import random
from collections.abc import Iterator
from pathlib import Path

from .checks import refused, resume_and_check
from .comparison import is_finite, whole_checkpoints
from .lab import Lab
from .scenario import Fault, Round, scenario
from .tiny_run import STEPS_PER_EPOCH, Setup

SETUP = Setup()
STOPS = (
    'stops; names images, values and the last checkpoint; all checkpoints are finite'
)
LOSS = Fault('numbers', 'loss is NaN', f'{STOPS}; `--resume`: the same bits')
GRADIENT = Fault('numbers', 'gradient is NaN', STOPS)
RATE = Fault('numbers', 'learning rate 10^6', STOPS)
BREAK = """
custom_hooks.append(dict(type='BrokenStepHook', step={step}, kind={kind!r}))
"""


def check_finite(work_dir: Path, step: int, round: Round) -> None:
    """Check that all checkpoints are finite, and that there is one.

    Args:
        work_dir (Path): The output folder.
        step (int): Minimum step of the newest checkpoint.
        round (Round): Problems are added to it.
    """
    whole = whole_checkpoints(work_dir)
    for name in whole:
        round.expect(is_finite(work_dir / name), f'{name} is not finite')
    newest = max(whole.values(), default=0)
    round.expect(newest >= step, f'step {newest} was saved, and not step {step}')


@scenario('numbers', 'not a number', faults=2)
def break_numbers(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Break loss or gradient at a random step, after at least one checkpoint."""
    kinds = {'loss': LOSS, 'gradient': GRADIENT}
    for kind, fault in list(kinds.items()) * rounds:
        round = Round(fault, SETUP.name)
        work_dir = lab.work_dir(f'broken {kind}')
        step = rng.randint(STEPS_PER_EPOCH + 1, 3 * STEPS_PER_EPOCH)
        config = lab.config_with(SETUP, work_dir, BREAK.format(step=step, kind=kind))
        saved = (step - 1) // STEPS_PER_EPOCH * STEPS_PER_EPOCH
        end = lab.train(SETUP, work_dir, config=config).end()
        last = f'epoch_{saved // STEPS_PER_EPOCH}.pth'
        round.problems += refused(end, last, '.jpg', f'step {step}')
        check_finite(work_dir, saved, round)
        if fault is LOSS and not round.problems:
            resume_and_check(lab, SETUP, work_dir, round)
        yield round


@scenario('numbers', 'learning rate')
def explode(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Train with a learning rate at which weights overflow."""
    for _ in range(rounds):
        round = Round(RATE, SETUP.name)
        work_dir = lab.work_dir('learning rate')
        rate = '--cfg-options', 'optim_wrapper.optimizer.lr=1e6'
        training = lab.train(SETUP, work_dir, *rate)
        end = training.end()
        if end.status == 0:
            round.notes.append('no overflow')
        else:
            round.problems += refused(end, '.jpg')
        check_finite(work_dir, 0, round)
        yield round
