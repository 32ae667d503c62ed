"""The memory of training on a CPU."""

import ctypes
import platform

# Of mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
NEVER, NONE = -1, 0


def keep_freed_memory() -> None:
    """Let this process keep what it frees, for what it allocates next.

    A training step frees what the next one asks for again. glibc's malloc returns
    large blocks to the system in between, which then has to clear every page anew: up
    to a tenth of a ResNet-50's step (docs/performance.md). Where another library hands
    out memory nothing is changed.
    """
    if platform.libc_ver()[0] == 'glibc':
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, NEVER)
        libc.mallopt(M_MMAP_MAX, NONE)
