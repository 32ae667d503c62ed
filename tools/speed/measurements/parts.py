"""Parts of a training step of SetSim, as shares of the whole step.

The parts of the forward pass are timed separately; *backward* is the backward pass of
all of them. *The rest* is the time outside of all parts, mostly the preprocessing of
the images.
"""

import time
from argparse import Namespace
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
    build_step,
)
from .timing import CLOCKS, Clock, seconds_of

METHODS = {
    'one-direction': ONE_DIRECTION,
    'symmetric': SYMMETRIC,
    'hungarian': HUNGARIAN,
}
WHOLE, REST = 'the whole step', 'the rest'
# Preprocessing is in the rest, and shuffling BN contains the keys' backbone.
NOT_TIMED = ('preprocessing', 'shuffling BN')


def measure(args: Namespace) -> pd.DataFrame:
    """Run steps and time their parts.

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
    """Run one step of SetSim and time its parts.

    Args:
        step (TrainingStep): A step of SetSim on MoCo-v2.
        device (str): Device of the step.
        clock (Callable): Returns seconds. Defaults to the wall clock.

    Returns:
        dict[str, float]: Seconds of each part in the order of the step, of the rest and
        of the whole step.
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
    """Yield the name of each part with the object and the method that run it."""
    timed = {name: STEP_PARTS[name] for name in STEP_PARTS if name not in NOT_TIMED}
    yield from parts_of(step.model, timed)
    yield from parts_of(step.optim_wrapper, OPTIMIZER_PARTS)


@contextmanager
def _timed(
    owner: object,
    name: str,
    part: str,
    taken: dict[str, float],
    timer: Callable[[Callable[[], object]], float],
) -> Iterator[None]:
    """Context manager: add the time of an object's method to its part."""
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
