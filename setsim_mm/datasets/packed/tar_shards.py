"""Images in tar shards: written here, read by mmengine's ``fileio`` in any order.

Every tar program opens the shards, and webdataset streams them. To read an image in
the middle, its offset is all that is needed, which its URI holds.
"""

import os
import re
import tarfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO, FileIO

from mmengine.fileio import BaseStorageBackend, register_backend

from ..regular_files import MAX_IMAGE_BYTES, regular_file

SHARD = '{:06}.tar'
SHARD_NAME = '[0-9]{6,19}[.]tar'
BYTES = '[?]([0-9]{1,19})[+]([0-9]{1,19})'  # offset and size
PLACE = re.compile(f'({SHARD_NAME}){BYTES}')
URI = re.compile(f'tar://(.*?[.]tar){BYTES}#', re.S)
FILES_OPEN = 128  # in each process, of the 1,024 that are usually allowed


def is_place(place: str, sizes: Mapping[str, int]) -> bool:
    """Return whether the part of a URI between folder and name leads to an image.

    Args:
        place: From a list that a stranger may have written.
        sizes: Bytes of each file of the folder.
    """
    match = PLACE.fullmatch(place)
    if match is None:
        return False
    shard, offset, size = match.groups()
    return int(offset) + int(size) <= sizes.get(shard, -1)


def _round_up(size: int, unit: int) -> int:
    """Round up to whole blocks, of which a tar archive consists."""
    return -(-size // unit) * unit


class TarWriter:
    """Write images to tar shards.

    Args:
        folder: Where to.
        sizes: Not used; shards grow as images come.
        shard_size: Bytes that a shard has at most, if it holds more than one image.
    """

    def __init__(self, folder: str, sizes: Sequence[int], shard_size: int) -> None:
        self.folder = folder
        self.shard_size = shard_size
        self._num_images = 0
        self._num_shards = 0
        self._file = None

    @staticmethod
    def bytes_needed(sizes: Sequence[int]) -> int:
        """Return how much disk images of these sizes take, rather too much."""
        # A header of one block, or of three with a long name; and the end of a shard.
        headers = 3 * tarfile.BLOCKSIZE * len(sizes)
        data = sum(_round_up(size, tarfile.BLOCKSIZE) for size in sizes)
        return data + headers + 2 * tarfile.RECORDSIZE

    @staticmethod
    def check_names(names: Sequence[str]) -> None:
        """Tar takes every name."""

    def add(self, name: str, data: bytes) -> str:
        """Append an image; return its place."""
        info = tarfile.TarInfo(name)  # no owner and no time: the same bytes every time
        info.size = len(data)
        taken = _round_up(len(data), tarfile.BLOCKSIZE)
        if self._file is None or self._would_exceed(len(info.tobuf()) + taken):
            self._next_shard()
        self._shard.addfile(info, BytesIO(data))
        self._num_images += 1
        offset = self._file.tell() - taken
        return f'{os.path.basename(self._file.name)}?{offset}+{len(data)}'

    def finish(self) -> int:
        """Bring everything to the disk; return the number of images."""
        if self._file is not None:
            self._shard.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        self.close()
        return self._num_images

    def close(self) -> None:
        """Close the file, as it is."""
        if self._file is not None:
            self._file.close()

    def _would_exceed(self, num_bytes: int) -> bool:
        """Whether the shard, once it is ended, would be too large for so much more."""
        end = self._file.tell() + num_bytes + 2 * tarfile.BLOCKSIZE
        too_large = _round_up(end, tarfile.RECORDSIZE) > self.shard_size
        return too_large and self._file.tell() > 0

    def _next_shard(self) -> None:
        self.finish()
        path = os.path.join(self.folder, SHARD.format(self._num_shards))
        self._file = open(path, 'xb')
        self._shard = tarfile.open(fileobj=self._file, mode='w')
        self._num_shards += 1


@register_backend('tar_shards', prefixes='tar')
class TarShardsBackend(BaseStorageBackend):
    """Read ``tar://path/of/000003.tar?offset+size#name``."""

    def get(self, filepath: str) -> bytes:
        """Read an image.

        Args:
            filepath: The URI.

        Raises:
            OSError: If the shard is not there, is no regular file, or ends too early.
            ValueError: If it is no such URI, or of more than 1 GiB.
        """
        place = URI.match(str(filepath))
        if place is None:
            raise ValueError(f'{filepath!r} does not say where in a shard an image is')
        path, offset, size = place[1], int(place[2]), int(place[3])
        descriptor = _opened(path).fileno()
        if size > MAX_IMAGE_BYTES:
            raise ValueError(f'{filepath!r} says that an image is larger than 1 GiB')
        if offset + size > os.fstat(descriptor).st_size:
            raise OSError(f'{path!r} ends in the middle of {filepath!r}')
        # pread has no position that processes could share: a worker may go on with
        # the files that were open when it was forked.
        data = os.pread(descriptor, size, offset)
        if len(data) != size:
            raise OSError(f'{path!r} cannot be read to the end of {filepath!r}')
        return data

    def get_text(self, filepath: str, encoding: str = 'utf-8') -> str:
        """Read a text."""
        return self.get(filepath).decode(encoding)

    def size(self, filepath: str) -> int:
        """Return the size of an image in bytes, which the URI holds."""
        _, _, size = URI.match(str(filepath)).groups()
        return int(size)

    def close(self) -> None:
        """Close all files; reading opens them again."""
        _opened.cache_clear()


@lru_cache(maxsize=FILES_OPEN)
def _opened(path: str) -> FileIO:
    """Open a shard; it is closed when nobody uses it and others were opened since."""
    file = FileIO(path, opener=regular_file)
    # Reading ahead of an image would read another one that is not wanted.
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
    return file
