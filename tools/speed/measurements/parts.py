"""Parts of a training step of SetSim, as shares of the whole step.

The parts of the forward pass are timed one by one; *backward* is that of all of them.
What no part accounts for is *the rest*: the preprocessing of the images above all.
"""

import time
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from typing import Any

import pandas as pd

from setsim_mm.engine.profiling.parts import OPTIMIZER_PARTS, STEP_PARTS, parts_of

from .methods import (
    HUNGARIAN,
    ONE_DIRECTION,
    SYMMETRIC,
    TrainingStep,
    add_step_options,
    build_step,
)
from .timing import CLOCKS, Clock, seconds_of

METHODS = {
    'one-direction': ONE_DIRECTION,
    'symmetric': SYMMETRIC,
    'hungarian': HUNGARIAN,
}
WHOLE, REST = 'the whole step', 'the rest'
# Preprocessing belongs to the rest, and shuffling BN holds the keys' backbone.
NOT_ALONE = ('preprocessing', 'shuffling BN')


def add_arguments(parser: ArgumentParser) -> None:
    """Give the command its options.

    Args:
        parser (ArgumentParser): The command's.
    """
    parser.add_argument(
        '--method', choices=METHODS, default='one-direction', help='(%(default)s)'
    )
    add_step_options(parser, repeats=3)


def measure(args: Namespace) -> pd.DataFrame:
    """Take steps and time what they consist of.

    Args:
        args (Namespace): Of :func:`add_arguments`.

    Returns:
        pd.DataFrame: A row for each part, with its median seconds and share.
    """
    step = build_step(METHODS[args.method], args)
    step()
    steps = [
        seconds_of_parts(step, args.device, CLOCKS[args.clock])
        for _ in range(args.repeats)
    ]
    seconds = {part: median(taken[part] for taken in steps) for part in steps[0]}
    return pd.DataFrame(
        {
            'part': part,
            'seconds': value,
            'percent of the step': 100 * value / seconds[WHOLE],
            'repeats': args.repeats,
        }
        for part, value in seconds.items()
    )


def seconds_of_parts(
    step: TrainingStep, device: str, clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Take one step of SetSim.

    Args:
        step (TrainingStep): Of SetSim on MoCo-v2.
        device (str): Where it works.
        clock (Callable): Gives seconds. Defaults to the wall's.

    Returns:
        dict[str, float]: Seconds by part, in the order of the step, the rest and the
        whole.
    """
    timer = partial(seconds_of, device=device, clock=clock)
    taken: dict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        for part, owner, method in _parts(step):
            taken[part] = 0.0
            stack.enter_context(_timed(owner, method, part, taken, timer))
        whole = timer(step)
    return {**taken, REST: whole - sum(taken.values()), WHOLE: whole}


def _parts(step: TrainingStep) -> Iterator[tuple[str, object, str]]:
    """Name each part, and the method that is called for it."""
    alone = {name: STEP_PARTS[name] for name in STEP_PARTS if name not in NOT_ALONE}
    yield from parts_of(step.model, alone)
    yield from parts_of(step.optim_wrapper, OPTIMIZER_PARTS)


@contextmanager
def _timed(
    owner: object,
    name: str,
    part: str,
    taken: dict[str, float],
    timer: Callable[[Callable[[], object]], float],
) -> Iterator[None]:
    """Let a method of one object add what it takes to its part, for a while."""
    method: Callable[..., Any] = getattr(owner, name)

    def timed(*args: object, **kwargs: object) -> object:
        results: list[object] = []
        call = partial(method, *args, **kwargs)
        taken[part] += timer(lambda: results.append(call()))
        return results[0]

    setattr(owner, name, timed)
    try:
        yield
    finally:
        delattr(owner, name)
