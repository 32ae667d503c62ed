"""Time calls in turn.

`torch.utils.benchmark.Timer` runs two more calls before each measurement, which triples
the time of training steps, and it measures one candidate after the other.
"""

import time
from collections.abc import Callable, Mapping

import torch

Clock = Callable[[], float]
# 'cpu' is the time of all threads of this process. It is less noisy under other load.
CLOCKS: dict[str, Clock] = {'wall': time.perf_counter, 'cpu': time.process_time}


def time_in_turn(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    warmup: int = 1,
    device: str | torch.device = 'cpu',
    clock: Clock = time.perf_counter,
) -> dict[str, list[float]]:
    """Time candidates in turn: a, b, c, a, b, c, ...

    Other load on the machine then affects all of them equally, so that their ratios are
    less noisy than their times.

    Args:
        candidates (Mapping[str, Callable]): Functions without arguments by name.
        repeats (int): Number of timed calls of each.
        warmup (int): Number of earlier calls of each, also in turn. Defaults to 1.
        device (str | torch.device): Device of the work. A GPU is synchronized. Defaults
            to 'cpu'.
        clock (Callable): Returns seconds. Defaults to the wall clock.

    Returns:
        dict[str, list[float]]: Seconds of each call by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(warmup + repeats):
        for name, work in candidates.items():
            taken = seconds_of(work, device, clock)
            if turn >= warmup:
                seconds[name].append(taken)
    return seconds


def seconds_of(
    work: Callable[[], object],
    device: str | torch.device = 'cpu',
    clock: Clock = time.perf_counter,
) -> float:
    """Return the seconds of one call; see :func:`time_in_turn`."""
    synchronize(device)
    begin = clock()
    work()
    synchronize(device)
    return clock() - begin


def synchronize(device: str | torch.device) -> None:
    """Wait until a GPU has finished its work."""
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
