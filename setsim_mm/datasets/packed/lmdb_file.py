"""Images in one LMDB file: written here, read by mmengine's ``fileio``."""

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
LONGEST_KEY = 511  # of LMDB as it is compiled everywhere
COMMIT_BYTES = 2**26

# What stands for itself in a key: names in ASCII, but for % and control characters.
_PLAIN = ' ' + string.punctuation.replace('%', '')


def key_of(name: str) -> str:
    """Return the key of an image: its name, ASCII, the rest percent-encoded.

    mmengine's own ``LmdbBackend`` takes ASCII keys alone.
    """
    return quote(name, safe=_PLAIN, errors='surrogateescape')


def is_place(place: str, sizes: Mapping[str, int]) -> bool:
    """Return whether the part of a URI between folder and name leads to an image.

    Args:
        place: From a list that a stranger may have written.
        sizes: Bytes of each file of the folder.
    """
    return place == FILE and FILE in sizes


def import_lmdb() -> ModuleType:
    """Import the package ``lmdb``.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import lmdb
    except ImportError as error:
        raise UserError(
            'images in LMDB need the Python package lmdb: `pip install lmdb`, or take '
            'tar shards, which need none.'
        ) from error
    return lmdb


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Turn LMDB's errors, a full disk above all, into what they are elsewhere."""
    lmdb = import_lmdb()
    try:
        yield
    except lmdb.Error as error:
        raise OSError(f'LMDB cannot write: {error}') from error


class LmdbWriter:
    """Write images to an LMDB file.

    Args:
        folder: Where to.
        sizes: Bytes of each image that will come, roughly.
        shard_size: Not used; an LMDB file cannot be divided.
    """

    def __init__(self, folder: str, sizes: Sequence[int], shard_size: int) -> None:
        lmdb = import_lmdb()
        with _as_os_error():
            self._environment = lmdb.open(
                os.path.join(folder, FILE),
                subdir=False,
                # Address space, not disk: the file grows as images come.
                map_size=2 * self.bytes_needed(sizes) + 2**30,
                lock=False,  # nobody else knows the file yet
                sync=False,  # once, at the end
            )
        self._begin()

    @staticmethod
    def bytes_needed(sizes: Sequence[int]) -> int:
        """Return how much disk images of these sizes take, rather too much."""
        # An image fills whole pages, behind a header of 16 bytes; 512 bytes of its
        # leaf page are more than the longest key takes.
        pages = sum(-(-(size + 16) // PAGESIZE) for size in sizes)
        return (pages + 64) * PAGESIZE + len(sizes) * 512

    @staticmethod
    def check_names(names: Sequence[str]) -> None:
        """Raise an error if a name cannot be a key.

        Raises:
            UserError: If a name is too long.
        """
        for name in names:
            if len(key_of(name)) > LONGEST_KEY:
                raise UserError(
                    f'LMDB takes names of {LONGEST_KEY} bytes at most (other letters '
                    f'than ASCII count 3 bytes for each of theirs), unlike {name!r}: '
                    'rename it, or pack into tar shards.'
                )

    def add(self, name: str, data: bytes) -> str:
        """Append an image; return its place."""
        with _as_os_error():
            self._transaction.put(key_of(name).encode('ascii'), data)
            self._waiting += len(data)
            if self._waiting > COMMIT_BYTES:
                self._transaction.commit()
                self._begin()
        return FILE

    def finish(self) -> int:
        """Bring everything to the disk; return the number of images."""
        with _as_os_error():
            self._transaction.commit()
            self._environment.sync(True)
            return self._environment.stat()['entries']

    def close(self) -> None:
        """Close the file, as it is."""
        self._environment.close()

    def _begin(self) -> None:
        self._waiting = 0
        self._transaction = self._environment.begin(write=True)


@register_backend('lmdb_file', prefixes='lmdb')
class LmdbFileBackend(BaseStorageBackend):
    """Read ``lmdb://path/of/images.lmdb#name``.

    mmengine's ``LmdbBackend`` reads these files too, but not in the workers of a
    DataLoader if the main process has read before: an LMDB environment must not be
    used after a fork. Here each process opens its own, when it first reads.

    Raises:
        UserError: If the package ``lmdb`` is not installed.
    """

    def __init__(self) -> None:
        self._lmdb = import_lmdb()
        self._environments = {}
        self._process = os.getpid()

    def get(self, filepath: str) -> bytes:
        """Read an image.

        Args:
            filepath: The URI.

        Raises:
            FileNotFoundError: If it is not in the file, or the file is not there.
        """
        path, _, name = str(filepath).removeprefix('lmdb://').partition(f'{FILE}#')
        with self._environment(path + FILE).begin() as transaction:
            data = transaction.get(key_of(name).encode('ascii'))
        if data is None:
            raise FileNotFoundError(f'{path + FILE!r} holds no image {name!r}')
        return data

    def get_text(self, filepath: str, encoding: str = 'utf-8') -> str:
        """Read a text."""
        return self.get(filepath).decode(encoding)

    def size(self, filepath: str) -> int:
        """Return the size of an image in bytes, without reading it; 0 without one."""
        path, _, name = str(filepath).removeprefix('lmdb://').partition(f'{FILE}#')
        with self._environment(path + FILE).begin(buffers=True) as transaction:
            return len(transaction.get(key_of(name).encode('ascii'), b''))

    def close(self) -> None:
        """Close all files; reading opens them again."""
        for environment in self._environments.values():
            environment.close()
        self._environments.clear()

    def _environment(self, path: str) -> 'lmdb.Environment':
        if self._process != os.getpid():
            # Closed in this process only; LMDB would not open a file a second time.
            self.close()
            self._process = os.getpid()
        if path not in self._environments:
            if not os.path.isfile(path):  # LMDB would wait for a FIFO
                raise FileNotFoundError(f'{path!r} is not there, or no regular file')
            # As mmengine opens it: images are read in any order, by many processes.
            self._environments[path] = self._lmdb.open(
                path, subdir=False, readonly=True, lock=False, readahead=False
            )
        return self._environments[path]
