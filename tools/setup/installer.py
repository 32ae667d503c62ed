"""The program that installs the packages: uv where it is found, else pip."""

import os
import shutil
import subprocess
from pathlib import Path

from .commands import SetupError, say

# Settings of pip that change where packages come from. uv reads none of them.
SOURCES = ('index-url', 'extra-index-url', 'no-index', 'find-links', 'constraint')


def find_uv(python: Path) -> str | None:
    """Return the path of uv if it is to install the packages; None for pip.

    The variable INSTALLER names one of the two. Without it, uv is taken where it is
    found, unless the configuration of pip names other sources of packages.

    Args:
        python (Path): An interpreter with pip, whose configuration is read.

    Raises:
        SetupError: If INSTALLER names another program, or uv, which is missing.
    """
    wanted = os.environ.get('INSTALLER', '')
    if wanted not in ('', 'pip', 'uv'):
        raise SetupError(f'INSTALLER={wanted} is neither pip nor uv: name one of them.')
    uv = shutil.which('uv')
    if wanted == 'uv' and uv is None:
        raise SetupError(
            'INSTALLER=uv, and uv is not installed: install it (`pip install uv`), or '
            'leave INSTALLER out for pip.'
        )
    if wanted == 'pip' or uv is None:
        return None
    if not wanted and (settings := sources_of_pip(python)):
        say(
            f'taking pip, whose configuration sets {", ".join(settings)}; INSTALLER=uv '
            'takes uv and ignores it'
        )
        return None
    return uv


def sources_of_pip(python: Path) -> list[str]:
    """Return the names of pip's settings that change where packages come from."""
    listed = subprocess.run(
        [python, '-m', 'pip', 'config', 'list'], capture_output=True, text=True
    )
    names = {
        line.partition('=')[0].rpartition('.')[2] for line in listed.stdout.splitlines()
    }
    return [name for name in SOURCES if name in names]
