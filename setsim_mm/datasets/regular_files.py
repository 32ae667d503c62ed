"""Finding and opening regular files among whatever else a folder may hold.

To open a FIFO blocks until somebody writes to it, a device file may never end, and a
link may lead in a circle. None of that may stop a training.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from stat import S_ISREG

# Twice as much as the largest image that is decoded takes without any compression.
MAX_IMAGE_BYTES = 2**30


def regular_file(path: str, flags: int) -> int:
    """Open a file, if it is a regular one: an ``opener`` for :func:`open`.

    Args:
        path: Of the file; links are followed.
        flags: As for :func:`os.open`.

    Returns:
        The file descriptor.

    Raises:
        OSError: If it cannot be opened, or is no regular file.
    """
    _require_regular(os.stat(path), path)  # before: opening a device may change it
    # Another file may have taken its place: a FIFO then does not block.
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    try:
        _require_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def regular_files_below(folders: Iterable[str]) -> tuple[list[str], list[str]]:
    """Search folders at any depth.

    Links are followed. Hidden files and folders are left out. Folders that cannot be
    read, links that lead nowhere or back to a folder that they lie in, FIFOs, sockets
    and device files are passed over.

    Args:
        folders: Where to search.

    Returns:
        The paths of the regular files and those of what was passed over, in any order.

    Raises:
        OSError: If one of ``folders`` cannot be read.
    """
    asked_for = list(folders)
    files, passed_over = [], []
    # Of each folder its real path, too, and those of the folders that it lies in.
    waiting = []
    for folder in asked_for:
        here = os.path.realpath(folder)
        waiting.append((folder, here, frozenset(map(str, Path(here).parents))))
    while waiting:
        folder, here, parents = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                visible = [each for each in entries if not each.name.startswith('.')]
        except OSError:
            if folder in asked_for:
                raise
            passed_over.append(folder)
            continue
        parents |= {here}
        for entry in visible:
            if _holds(entry.is_file):
                files.append(entry.path)
            elif _holds(entry.is_dir) and (real := _real(entry, here)) not in parents:
                waiting.append((entry.path, real, parents))
            else:
                passed_over.append(entry.path)
    return files, passed_over


def _real(entry: os.DirEntry, here: str) -> str:
    """Return the real path of what lies in a folder with the real path ``here``."""
    is_link = entry.is_symlink()
    return os.path.realpath(entry.path) if is_link else os.path.join(here, entry.name)


def _holds(question: Callable[[], bool]) -> bool:
    """Ask what a directory entry is; a link that cannot be followed is nothing."""
    try:
        return question()
    except OSError:
        return False


def _require_regular(status: os.stat_result, path: str) -> None:
    if not S_ISREG(status.st_mode):
        raise OSError(f'{path!r} is not a regular file')
