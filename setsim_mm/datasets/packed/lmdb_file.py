"""Images in one LMDB file: a writer, and a backend for mmengine's ``fileio``."""

import os
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from mmap import PAGESIZE
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import quote

from mmengine.fileio import BaseStorageBackend, register_backend

from setsim_mm.utils.errors import UserError

if TYPE_CHECKING:
    import lmdb

FILE = 'images.lmdb'
LONGEST_KEY = 511  # bytes, the default of LMDB
COMMIT_BYTES = 2**26

# Characters that are not encoded: ASCII without % and control characters.
_PLAIN = ' ' + string.punctuation.replace('%', '')


def key_of(name: str) -> str:
    """Return the key of an image: its name, percent-encoded to ASCII.

    mmengine's ``LmdbBackend`` supports only ASCII keys.
    """
    return quote(name, safe=_PLAIN, errors='surrogateescape')


def is_location(location: str, sizes: Mapping[str, int]) -> bool:
    """Return whether the location of an image, from an untrusted list, is valid.

    Args:
        location: The part of a URI between folder and name.
        sizes: Size in bytes of each file in the folder.
    """
    return location == FILE and FILE in sizes


def import_lmdb() -> ModuleType:
    """Import the package ``lmdb``.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import lmdb
    except ImportError as error:
        raise UserError(
            'images in LMDB need the Python package lmdb: `pip install lmdb`, or use '
            'tar shards, which need no package.'
        ) from error
    return lmdb


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Raise LMDB's errors, such as a full disk, as OSError."""
    lmdb = import_lmdb()
    try:
        yield
    except lmdb.Error as error:
        raise OSError(f'LMDB cannot write: {error}') from error


class LmdbWriter:
    """Write images to an LMDB file.

    Args:
        folder: Folder of the file.
        sizes: Approximate size in bytes of each image.
        shard_size: Not used; an LMDB file cannot be split.
    """

    def __init__(self, folder: str, sizes: Sequence[int], shard_size: int) -> None:
        lmdb = import_lmdb()
        with _as_os_error():
            self._environment = lmdb.open(
                os.path.join(folder, FILE),
                subdir=False,
                # Address space, not disk space: the file grows with the images.
                map_size=2 * self.bytes_needed(sizes) + 2**30,
                lock=False,  # no other process uses the file
                sync=False,  # flushed once, at the end
            )
        self._begin()

    @staticmethod
    def bytes_needed(sizes: Sequence[int]) -> int:
        """Return an upper bound of the disk space for images of these sizes."""
        # An image takes whole pages after a header of 16 bytes. Its key takes less than
        # 512 bytes of a leaf page.
        pages = sum(-(-(size + 16) // PAGESIZE) for size in sizes)
        return (pages + 64) * PAGESIZE + len(sizes) * 512

    @staticmethod
    def check_names(names: Sequence[str]) -> None:
        """Raise a UserError if a name is too long for a key."""
        for name in names:
            if len(key_of(name)) > LONGEST_KEY:
                raise UserError(
                    f'LMDB supports names of at most {LONGEST_KEY} bytes (each byte of '
                    f'a non-ASCII letter counts 3 bytes), and {name!r} is longer: '
                    'rename it, or pack into tar shards.'
                )

    def add(self, name: str, data: bytes) -> str:
        """Append an image; return its location for the URI."""
        with _as_os_error():
            self._transaction.put(key_of(name).encode('ascii'), data)
            self._waiting += len(data)
            if self._waiting > COMMIT_BYTES:
                self._transaction.commit()
                self._begin()
        return FILE

    def finish(self) -> int:
        """Flush the file to the disk; return the number of images."""
        with _as_os_error():
            self._transaction.commit()
            self._environment.sync(True)
            return self._environment.stat()['entries']

    def close(self) -> None:
        """Close the file without flushing it."""
        self._environment.close()

    def _begin(self) -> None:
        self._waiting = 0
        self._transaction = self._environment.begin(write=True)


@register_backend('lmdb_file', prefixes='lmdb')
class LmdbFileBackend(BaseStorageBackend):
    """Read ``lmdb://path/of/images.lmdb#name``.

    An LMDB environment must not be used after a fork, so each process opens its own at
    the first read. mmengine's ``LmdbBackend`` reads these files too, but not in the
    workers of a DataLoader if the main process has read before.

    Raises:
        UserError: If the package ``lmdb`` is not installed.
    """

    def __init__(self) -> None:
        self._lmdb = import_lmdb()
        self._environments: dict[str, lmdb.Environment] = {}
        self._process = os.getpid()

    def get(self, filepath: str) -> bytes:
        """Return the content of the image at a URI.

        Raises:
            FileNotFoundError: If the image or the file does not exist.
        """
        path, _, name = str(filepath).removeprefix('lmdb://').partition(f'{FILE}#')
        with self._environment(path + FILE).begin() as transaction:
            data = transaction.get(key_of(name).encode('ascii'))
        if data is None:
            raise FileNotFoundError(f'{path + FILE!r} has no image {name!r}')
        return data

    def get_text(self, filepath: str, encoding: str = 'utf-8') -> str:
        """Return the content as text."""
        return self.get(filepath).decode(encoding)

    def size(self, filepath: str) -> int:
        """Return the size of an image in bytes, 0 if it does not exist."""
        path, _, name = str(filepath).removeprefix('lmdb://').partition(f'{FILE}#')
        with self._environment(path + FILE).begin(buffers=True) as transaction:
            return len(transaction.get(key_of(name).encode('ascii'), b''))

    def close(self) -> None:
        """Close all files. Reading opens them again."""
        for environment in self._environments.values():
            environment.close()
        self._environments.clear()

    def _environment(self, path: str) -> 'lmdb.Environment':
        if self._process != os.getpid():
            # Closed in this process only. LMDB does not open a file twice.
            self.close()
            self._process = os.getpid()
        if path not in self._environments:
            if not os.path.isfile(path):  # opening a FIFO would block
                raise FileNotFoundError(f'{path!r} is missing, or not a regular file')
            # As in mmengine: many processes read the images in any order.
            self._environments[path] = self._lmdb.open(
                path, subdir=False, readonly=True, lock=False, readahead=False
            )
        return self._environments[path]
