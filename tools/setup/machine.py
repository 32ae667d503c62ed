"""What the machine must have, asked before anything long begins."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .commands import SetupError

GIB = 1 << 30


def check_venv() -> None:
    """Refuse a Python that cannot make environments (Debian's, by default)."""
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
    """Refuse to begin what the disk has no room for.

    Args:
        folder (Path): A folder on the disk in question.
        needed (float): The room that is needed, in GiB.
        purpose (str): What it is needed for.
    """
    free = shutil.disk_usage(folder).free / GIB
    if free < needed:
        raise SetupError(
            f'{purpose} needs {needed:g} GB of disk, and {free:.1f} GB are free at '
            f'{folder}: free some space and run the same command again.'
        )


def check_compiler(python: Path) -> None:
    """Refuse to build without a C++ compiler or the headers of Python.

    Args:
        python (Path): The interpreter to build for.
    """
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
    """Say how many files to compile at once: each takes up to 3 GB of memory."""
    cores = len(os.sched_getaffinity(0))
    found = re.search(r'^MemAvailable: *(\d+) kB', meminfo.read_text(), re.MULTILINE)
    if found is None:
        return cores
    return max(1, min(cores, int(found[1]) * 1024 // (3 * GIB)))
