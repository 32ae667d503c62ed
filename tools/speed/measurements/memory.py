"""Peak memory that a call adds, and free memory."""

import ctypes
import gc
from collections.abc import Callable

import torch

STATUS = '/proc/self/status'
CLEAR_REFS = '/proc/self/clear_refs'
RESET_PEAK = '5'  # proc(5): the peak resident set size starts again


def added_peak_memory(
    work: Callable[[], object], device: str | torch.device = 'cpu', warmup: int = 1
) -> int:
    """Measure the peak memory that a call adds.

    On a GPU, this is the peak of PyTorch's allocator. On a CPU, it is the peak of the
    process's resident memory, which includes scratch space of libraries. Freed memory
    is returned to the system first; otherwise the call would reuse it.

    Args:
        work (Callable): Called without arguments.
        device (str | torch.device): Device of the work. Defaults to 'cpu'.
        warmup (int): Calls before the measurement, for memory that is allocated once
            and kept. Defaults to 1.

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
    """Return the number of free bytes on a device."""
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
