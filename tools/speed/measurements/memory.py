"""How much memory a piece of work needs at most, beside what was there before."""

import ctypes
import gc
from collections.abc import Callable

import torch

STATUS = '/proc/self/status'
CLEAR_REFS = '/proc/self/clear_refs'
RESET_PEAK = '5'  # proc(5): the peak resident set size starts anew


def added_peak_memory(
    work: Callable[[], object], device: str | torch.device = 'cpu', warmup: int = 1
) -> int:
    """Measure the peak of memory that a piece of work adds.

    On a GPU that is what PyTorch's allocator has handed out at most. On a CPU it is
    the peak of the process's resident memory, the scratch space of the libraries
    included. Memory that was freed before is first given back to the system:
    otherwise the work would reuse it, and seem to need none.

    Args:
        work (Callable): Is called without arguments; its result is dropped.
        device (str | torch.device): Where it works. Defaults to 'cpu'.
        warmup (int): Calls before, for what is allocated once and kept. Defaults to 1.

    Returns:
        int: Bytes.
    """
    for _ in range(warmup):
        work()
    gc.collect()
    device = torch.device(device)
    if device.type == 'cuda':
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    ctypes.CDLL(None).malloc_trim(0)
    with open(CLEAR_REFS, 'w') as file:
        file.write(RESET_PEAK)
    before = _status('VmHWM')
    work()
    return _status('VmHWM') - before


def free_memory(device: str | torch.device = 'cpu') -> int:
    """Say how many bytes are free for new work.

    Args:
        device (str | torch.device): Where. Defaults to 'cpu'.

    Returns:
        int: Bytes.
    """
    device = torch.device(device)
    if device.type == 'cuda':
        return torch.cuda.mem_get_info(device)[0]
    with open('/proc/meminfo') as file:
        return _kilobytes(file.read(), 'MemAvailable')


def _status(name: str) -> int:
    with open(STATUS) as file:
        return _kilobytes(file.read(), name)


def _kilobytes(text: str, name: str) -> int:
    line = next(line for line in text.splitlines() if line.startswith(f'{name}:'))
    return 1024 * int(line.split()[1])
