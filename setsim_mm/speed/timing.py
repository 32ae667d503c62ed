"""How long pieces of work take, beside each other."""

import time
from collections.abc import Callable, Mapping

import torch


def time_in_turn(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    warmup: int = 1,
    device: str | torch.device = 'cpu',
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

    Returns:
        dict[str, list[float]]: Seconds of each call, by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(warmup + repeats):
        for name, work in candidates.items():
            taken = seconds_of(work, device)
            if turn >= warmup:
                seconds[name].append(taken)
    return seconds


def seconds_of(work: Callable[[], object], device: str | torch.device = 'cpu') -> float:
    """Time one call.

    Args:
        work (Callable): Is called without arguments.
        device (str | torch.device): Where it works. Defaults to 'cpu'.

    Returns:
        float: Seconds.
    """
    synchronize(device)
    begin = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - begin


def synchronize(device: str | torch.device) -> None:
    """Wait until a GPU has done what it was told; a CPU has.

    Args:
        device (str | torch.device): Which.
    """
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
