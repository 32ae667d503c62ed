"""Memory allocation of a training on a CPU."""

import ctypes
import platform

# Options of mallopt(3) and their values.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
NEVER, NONE = -1, 0


def keep_freed_memory() -> None:
    """Configure glibc's malloc to reuse freed memory instead of returning it.

    A training step allocates what the step before has freed. By default malloc returns
    large blocks to the system, which has to clear every page again: up to a tenth of
    the time of a ResNet-50's step (docs/performance.md). Other C libraries stay
    unchanged.
    """
    if platform.libc_ver()[0] == 'glibc':
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, NEVER)
        libc.mallopt(M_MMAP_MAX, NONE)
