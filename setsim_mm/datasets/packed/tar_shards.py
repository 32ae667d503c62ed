"""Images in tar shards: a writer, and a backend for mmengine's ``fileio``.

The URI of an image has its offset and size in a shard, so that images are read in any
order. The shards are ordinary tar archives, which webdataset can stream, too.
"""

import os
import re
import tarfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BufferedWriter, BytesIO, FileIO

from mmengine.fileio import BaseStorageBackend, register_backend

from ..regular_files import MAX_IMAGE_BYTES, regular_file

SHARD = '{:06}.tar'
SHARD_NAME = '[0-9]{6,19}[.]tar'
BYTES = '[?]([0-9]{1,19})[+]([0-9]{1,19})'  # offset and size
LOCATION = re.compile(f'({SHARD_NAME}){BYTES}')
URI = re.compile(f'tar://(.*?[.]tar){BYTES}#', re.S)
FILES_OPEN = 128  # per process; the usual limit of the system is 1,024


def is_location(location: str, sizes: Mapping[str, int]) -> bool:
    """Return whether the location of an image, from an untrusted list, is valid.

    Args:
        location: The part of a URI between folder and name.
        sizes: Size in bytes of each file in the folder.
    """
    match = LOCATION.fullmatch(location)
    if match is None:
        return False
    shard, offset, size = match.groups()
    return int(offset) + int(size) <= sizes.get(shard, -1)


def _round_up(size: int, unit: int) -> int:
    """Return a size rounded up to a multiple of a unit."""
    return -(-size // unit) * unit


class TarWriter:
    """Write images to tar shards.

    Args:
        folder: Folder of the shards.
        sizes: Not used.
        shard_size: Maximum size in bytes of a shard with more than one image.
    """

    def __init__(self, folder: str, sizes: Sequence[int], shard_size: int) -> None:
        self.folder = folder
        self.shard_size = shard_size
        self._num_images = 0
        self._num_shards = 0
        self._file: BufferedWriter | None = None

    @staticmethod
    def bytes_needed(sizes: Sequence[int]) -> int:
        """Return an upper bound of the disk space for images of these sizes."""
        # A header takes one block, or three with a long name. A shard is padded.
        headers = 3 * tarfile.BLOCKSIZE * len(sizes)
        data = sum(_round_up(size, tarfile.BLOCKSIZE) for size in sizes)
        return data + headers + 2 * tarfile.RECORDSIZE

    @staticmethod
    def check_names(names: Sequence[str]) -> None:
        """Do nothing: tar supports all names."""

    def add(self, name: str, data: bytes) -> str:
        """Append an image; return its location for the URI."""
        info = tarfile.TarInfo(name)  # without owner and time: reproducible bytes
        info.size = len(data)
        padded = _round_up(len(data), tarfile.BLOCKSIZE)
        file = self._file
        if file is None or self._would_exceed(file, len(info.tobuf()) + padded):
            file = self._next_shard()
        self._shard.addfile(info, BytesIO(data))
        self._num_images += 1
        offset = file.tell() - padded
        return f'{os.path.basename(file.name)}?{offset}+{len(data)}'

    def finish(self) -> int:
        """Flush the shards to the disk; return the number of images."""
        if self._file is not None:
            self._shard.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        self.close()
        return self._num_images

    def close(self) -> None:
        """Close the file without flushing it."""
        if self._file is not None:
            self._file.close()

    def _would_exceed(self, file: BufferedWriter, num_bytes: int) -> bool:
        """Return whether a shard with this many more bytes would be too large."""
        end = file.tell() + num_bytes + 2 * tarfile.BLOCKSIZE
        too_large = _round_up(end, tarfile.RECORDSIZE) > self.shard_size
        return too_large and file.tell() > 0

    def _next_shard(self) -> BufferedWriter:
        self.finish()
        path = os.path.join(self.folder, SHARD.format(self._num_shards))
        file = self._file = open(path, 'xb')
        self._shard = tarfile.open(fileobj=file, mode='w')
        self._num_shards += 1
        return file


@register_backend('tar_shards', prefixes='tar')
class TarShardsBackend(BaseStorageBackend):
    """Read ``tar://path/of/000003.tar?offset+size#name``."""

    def get(self, filepath: str) -> bytes:
        """Return the content of the image at a URI.

        Raises:
            OSError: If the shard is missing, truncated, or not a regular file.
            ValueError: If the URI is invalid, or its size is larger than 1 GiB.
        """
        path, offset, size = _parsed(filepath)
        descriptor = _opened(path).fileno()
        if size > MAX_IMAGE_BYTES:
            raise ValueError(f'the size in {filepath!r} is larger than 1 GiB')
        if offset + size > os.fstat(descriptor).st_size:
            raise OSError(f'{path!r} is truncated: it ends before {filepath!r}')
        # pread needs no file position, which forked workers would share.
        data = os.pread(descriptor, size, offset)
        if len(data) != size:
            raise OSError(f'{path!r} cannot be read to the end of {filepath!r}')
        return data

    def get_text(self, filepath: str, encoding: str = 'utf-8') -> str:
        """Return the content as text."""
        return self.get(filepath).decode(encoding)

    def size(self, filepath: str) -> int:
        """Return the size of an image in bytes, from its URI."""
        return _parsed(filepath)[2]

    def close(self) -> None:
        """Close all files. Reading opens them again."""
        _opened.cache_clear()


def _parsed(filepath: str) -> tuple[str, int, int]:
    """Return the path of the shard, the offset and the size in a URI."""
    match = URI.match(str(filepath))
    if match is None:
        raise ValueError(f'{filepath!r} is not the URI of an image in a tar shard')
    return match[1], int(match[2]), int(match[3])


@lru_cache(maxsize=FILES_OPEN)
def _opened(path: str) -> FileIO:
    """Open a shard. The least recently used files are closed."""
    file = FileIO(path, opener=regular_file)
    # Read-ahead would load the next image, which is rarely needed.
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
    return file
