"""Files that are complete or not there, whatever happens while they are written."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

# A margin for what other programs write at the same time.
SPARE_BYTES = 2**20


@contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Context manager: write a file beside its place and move it there at the end.

    The content reaches the disk before the move, and the move before the function
    returns. Until then an earlier file of that name stays as it was.

    Args:
        path (str | os.PathLike): The file; its folder must exist.

    Yields:
        Path: The file to write to. It is removed if anything fails.

    Raises:
        OSError: If the file cannot be written.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with written_whole(f'{folder}/note.txt') as unfinished:
        ...         _ = unfinished.write_text('all of it')
        ...     Path(folder, 'note.txt').read_text()
        'all of it'
    """
    path = Path(path)
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        yield unfinished
        flush_to_disk(unfinished)
        os.replace(unfinished, path)
        flush_to_disk(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_text_whole(path: str | os.PathLike, text: str) -> None:
    """Write a text file that is complete or not there.

    Args:
        path (str | os.PathLike): The file; its folder must exist.
        text (str): The content.

    Raises:
        OSError: If the file cannot be written.
    """
    with written_whole(path) as unfinished:
        unfinished.write_text(text, encoding='utf-8')


def flush_to_disk(path: str | os.PathLike) -> None:
    """Wait until a file, or the list of files of a folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_room(folder: str | os.PathLike, size: int) -> None:
    """Raise an error if a disk has no room for a file.

    Args:
        folder (str | os.PathLike): Where the file will be written.
        size (int): Its size in bytes, at most.

    Raises:
        OSError: With ``errno.ENOSPC``, if there is too little room.
    """
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise OSError(
            ENOSPC,
            f'{size / 2**20:.0f} MiB are needed and {free / 2**20:.0f} MiB are free',
            os.fspath(folder),
        )


def remove_unfinished(folder: str | os.PathLike) -> None:
    """Remove what a killed process left half written in a folder.

    Args:
        folder (str | os.PathLike): A folder in which nobody else writes now.
    """
    for unfinished in Path(folder).glob('.*.tmp'):
        if unfinished.is_file():
            unfinished.unlink()
