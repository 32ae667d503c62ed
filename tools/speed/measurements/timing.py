"""How long pieces of work take, beside each other."""

import time
from collections.abc import Callable, Mapping

import torch

Clock = Callable[[], float]
# The second counts what this process computes, all threads together: on a machine that
# others use too, it says more.
CLOCKS: dict[str, Clock] = {'wall': time.perf_counter, 'cpu': time.process_time}


def time_in_turn(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    warmup: int = 1,
    device: str | torch.device = 'cpu',
    clock: Clock = time.perf_counter,
) -> dict[str, list[float]]:
    """Time candidates in turn: a, b, c, a, b, c, ...

    What else the machine does then hits all of them alike, so that their ratios are
    steadier than their times.

    Args:
        candidates (Mapping[str, Callable]): What to call, by name, without arguments.
        repeats (int): Timed calls of each.
        warmup (int): Calls of each before, also in turn. Defaults to 1.
        device (str | torch.device): Where they work; a GPU is waited for. Defaults to
            'cpu'.
        clock (Callable): Gives seconds. Defaults to the wall's.

    Returns:
        dict[str, list[float]]: Seconds of each call, by name.
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
    """Time one call.

    Args:
        work (Callable): Is called without arguments.
        device (str | torch.device): Where it works. Defaults to 'cpu'.
        clock (Callable): Gives seconds. Defaults to the wall's.

    Returns:
        float: Seconds.
    """
    synchronize(device)
    begin = clock()
    work()
    synchronize(device)
    return clock() - begin


def synchronize(device: str | torch.device) -> None:
    """Wait until a GPU has done what it was told; a CPU has.

    Args:
        device (str | torch.device): Which.
    """
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
