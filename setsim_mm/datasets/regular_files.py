"""Find and open regular files only.

Opening a FIFO blocks, a device file may be endless, and links may be circular. None of
them may stop a training run.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from stat import S_ISREG

# Twice the uncompressed size of the largest image that is decoded.
MAX_IMAGE_BYTES = 2**30


def regular_file(path: str, flags: int) -> int:
    """Open a regular file, following links: an ``opener`` for :func:`open`.

    Raises:
        OSError: If it cannot be opened, or is not a regular file.
    """
    _require_regular(os.stat(path), path)  # opening a device may have side effects
    # Non-blocking in case a FIFO has replaced the file since.
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    try:
        _require_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def regular_files_below(folders: Iterable[str]) -> tuple[list[str], list[str]]:
    """Find the regular files in folders and their subfolders.

    Links are followed. Hidden files and folders are ignored. Unreadable folders, broken
    and circular links, FIFOs, sockets and device files are skipped.

    Args:
        folders: Folders to search.

    Returns:
        The paths of the regular files and the skipped paths, in any order.

    Raises:
        OSError: If one of ``folders`` cannot be read.
    """
    roots = list(folders)
    files, skipped = [], []
    # Each folder with its real path and the real paths of its parents.
    pending = []
    for folder in roots:
        here = os.path.realpath(folder)
        pending.append((folder, here, frozenset(map(str, Path(here).parents))))
    while pending:
        folder, here, parents = pending.pop()
        try:
            with os.scandir(folder) as entries:
                visible = [each for each in entries if not each.name.startswith('.')]
        except OSError:
            if folder in roots:
                raise
            skipped.append(folder)
            continue
        parents |= {here}
        for entry in visible:
            if _is_true(entry.is_file):
                files.append(entry.path)
            elif _is_true(entry.is_dir) and (real := _real(entry, here)) not in parents:
                pending.append((entry.path, real, parents))
            else:
                skipped.append(entry.path)
    return files, skipped


def _real(entry: os.DirEntry, here: str) -> str:
    """Return the real path of an entry of the folder with the real path ``here``."""
    is_link = entry.is_symlink()
    return os.path.realpath(entry.path) if is_link else os.path.join(here, entry.name)


def _is_true(check: Callable[[], bool]) -> bool:
    """Return the result of a check; False if a link cannot be followed."""
    try:
        return check()
    except OSError:
        return False


def _require_regular(status: os.stat_result, path: str) -> None:
    if not S_ISREG(status.st_mode):
        raise OSError(f'{path!r} is not a regular file')
