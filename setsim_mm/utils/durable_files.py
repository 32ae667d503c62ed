"""Atomic writing of files: a file is complete or does not exist."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

# A margin for other programs that write at the same time.
SPARE_BYTES = 2**20


@contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Context manager: write a temporary file and rename it at the end.

    The content is on the disk before the renaming, and the renaming before the context
    ends. Until then an earlier file of that name stays unchanged.

    Args:
        path (str | os.PathLike): The file; its folder must exist.

    Yields:
        Path: The temporary file, in the same folder. It is removed after an error.

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
    """Write a text file as :func:`written_whole` does."""
    with written_whole(path) as unfinished:
        unfinished.write_text(text, encoding='utf-8')


def flush_to_disk(path: str | os.PathLike) -> None:
    """Write a file, or the entries of a folder, from the cache to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_room(folder: str | os.PathLike, size: int) -> None:
    """Check that a folder's disk has space for a file of ``size`` bytes.

    Raises:
        OSError: If there is too little free space (``errno.ENOSPC``).
    """
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise OSError(
            ENOSPC,
            f'{size / 2**20:.0f} MiB are needed and {free / 2**20:.0f} MiB are free',
            os.fspath(folder),
        )


def remove_unfinished(folder: str | os.PathLike) -> None:
    """Remove temporary files of killed processes; no other process may write there."""
    for unfinished in Path(folder).glob('.*.tmp'):
        if unfinished.is_file():
            unfinished.unlink()
