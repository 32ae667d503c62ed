"""Checks of the machine before anything that takes long."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .commands import SetupError

GIB = 1 << 30


def check_venv() -> None:
    """Raise an error if Python cannot create environments, like Debian's by default."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError(
            'this Python cannot make virtual environments: run `apt-get install '
            f'python3.{sys.version_info[1]}-venv` (Debian, Ubuntu) and the same '
            'command again.'
        ) from None


def check_disk(folder: Path, needed: float, purpose: str) -> None:
    """Raise an error if the disk has too little free space.

    Args:
        folder (Path): A folder on the disk.
        needed (float): Required space in GiB.
        purpose (str): What needs it, for the message.
    """
    free = shutil.disk_usage(folder).free / GIB
    if free < needed:
        raise SetupError(
            f'{purpose} needs {needed:g} GB of disk, and {free:.1f} GB are free at '
            f'{folder}: free some space and run the same command again.'
        )


def check_compiler(python: Path) -> None:
    """Raise an error if the C++ compiler or the headers of a Python are missing."""
    compiler = os.environ.get('CXX', 'c++').split()[0]
    if shutil.which(compiler) is None:
        raise SetupError(
            'the compiled mmcv must be built and there is no C++ compiler '
            f'(`{compiler}`): run `apt-get install g++` (Debian, Ubuntu) and the same '
            'command again.'
        )
    ask = (
        'import sys, sysconfig as s; print(sys.version_info[1], s.get_path("include"))'
    )
    answer = subprocess.check_output([python, '-c', ask], text=True)
    minor, headers = answer.strip().split(' ', maxsplit=1)
    if not Path(headers, 'Python.h').is_file():
        raise SetupError(
            'the compiled mmcv must be built and the headers of Python are missing: '
            f'run `apt-get install python3.{minor}-dev` (Debian, Ubuntu) and the same '
            'command again.'
        )


def build_jobs(meminfo: Path = Path('/proc/meminfo')) -> int:
    """Return the number of files to compile in parallel, each with 3 GB of memory."""
    cores = len(os.sched_getaffinity(0))
    found = re.search(r'^MemAvailable: *(\d+) kB', meminfo.read_text(), re.MULTILINE)
    if found is None:
        return cores
    return max(1, min(cores, int(found[1]) * 1024 // (3 * GIB)))
