"""Packing the images of a folder, their bytes unchanged."""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import TypeVar

from mmengine import fileio
from rich.console import Console
from rich.progress import track

from setsim_mm.utils.errors import UserError

from ..image_files import ImageFiles
from ..image_lists import read_image_list
from ..regular_files import regular_file
from .lmdb_file import LmdbWriter
from .manifest import MANIFEST, Manifest
from .packed_images import PackedImages, save_listing
from .tar_shards import TarWriter

FORMATS = {'lmdb': LmdbWriter, 'tar': TarWriter}
NUM_CHECKED = 1000

T = TypeVar('T')


def pack_images(
    folder: str,
    packed: str,
    format: str,
    ann_file: str = '',
    shard_size: int = 2**30,
    num_threads: int = 8,
) -> PackedImages:
    """Pack the images of a folder into few files, in the order of a data set.

    They are written to ``<packed>.partial``, which gets its name when all is done and
    is removed if packing fails or is interrupted.

    Args:
        folder: Folder of the images, the ``data_prefix`` of the data set.
        packed: The folder to make.
        format: ``lmdb`` or ``tar``.
        ann_file: Which images, see :func:`~..image_lists.read_image_list`. Empty: all
            below ``folder``, sorted.
        shard_size: Bytes of a tar shard at most, if it holds more than one image.
        num_threads: How many files to read at once.

    Raises:
        FileNotFoundError: If there are no images.
        UserError: If images are missing, lie outside of the folder, cannot be named
            in this format, or do not fit on the disk; or if ``packed`` exists.
    """
    folder, packed = os.path.normpath(folder), os.path.normpath(packed)
    partial = f'{packed}.partial'
    if os.path.lexists(packed):
        raise UserError(
            f'{packed!r} exists already: remove it, or choose another name.'
        )
    if os.path.lexists(partial):
        raise UserError(
            f'{partial!r} exists already: another command is packing these images, or '
            'was killed; if none is running, remove it.'
        )
    names = _names(folder, ann_file)
    distinct = list(dict.fromkeys(names))
    FORMATS[format].check_names(distinct)
    paths = [os.path.join(folder, name) for name in distinct]
    sizes = _sizes(paths, num_threads)
    _make_folder(partial, FORMATS[format].bytes_needed(sizes))
    try:
        Manifest(format).save(partial)
        with (
            closing(FORMATS[format](partial, sizes, shard_size)) as writer,
            closing(_ahead(_read, paths, num_threads, 'Packing')) as images,
        ):
            places = {
                name: writer.add(name, data)
                for name, data in zip(distinct, images, strict=True)
            }
            num_written = writer.finish()
        save_listing(partial, ((name, places[name]) for name in names))
        files = {each.name: each.stat().st_size for each in os.scandir(partial)}
        del files[MANIFEST]
        Manifest(format, len(names), files).save(partial)
        _check(partial, num_written, folder, names)
        os.rename(partial, packed)
    except BaseException:
        shutil.rmtree(partial)
        raise
    return PackedImages(packed)


def _names(folder: str, ann_file: str) -> list[str]:
    """List the images of a folder by their paths in it, in the data set's order."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f'the image folder {folder!r} does not exist')
    files = ImageFiles(folder)
    if ann_file:
        files.listed(ann_file)  # says so if it is the list of another folder
        names = read_image_list(ann_file)
    else:
        names = [os.path.relpath(path, folder) for path in files.found()]
    for name in names:
        if os.path.isabs(name) or '..' in name.split('/') or set(name) & set('\t\n'):
            raise UserError(
                f'the image {name!r} cannot be packed: give a name without a tab or a '
                f'line break, of a file below {folder!r}.'
            )
    return names


def _sizes(paths: Sequence[str], num_threads: int) -> list[int]:
    """Return the bytes of each file, if all of them can be read."""
    sizes = list(_ahead(_size, paths, num_threads, 'Looking at files'))
    missing = [path for path, size in zip(paths, sizes, strict=True) if size is None]
    if missing:
        raise UserError(
            f'{len(missing)} of the {len(paths)} images are missing or may not be '
            f'read, such as {missing[0]!r}: restore them, or take them off the list.'
        )
    return sizes


def _size(path: str) -> int | None:
    readable = os.path.isfile(path) and os.access(path, os.R_OK)
    return os.path.getsize(path) if readable else None


def _read(path: str) -> bytes:
    with open(path, 'rb', opener=regular_file) as file:
        return file.read()


def _ahead(
    function: Callable[[str], T], paths: Sequence[str], num_threads: int, title: str
) -> Iterator[T]:
    """Yield the function's value of each path, computed by threads, a few ahead."""
    coming = iter(paths)
    with ThreadPoolExecutor(num_threads) as pool:
        waiting = deque(
            pool.submit(function, path) for path in islice(coming, 4 * num_threads)
        )
        for _ in _with_progress(paths, title):
            yield waiting.popleft().result()
            waiting.extend(pool.submit(function, path) for path in islice(coming, 1))


def _with_progress(items: Sequence[T], title: str) -> Iterable[T]:
    """Show how many there are to come, and the time left."""
    return track(items, title, console=Console(stderr=True))


def _make_folder(path: str, num_bytes: int) -> None:
    """Make a folder on a disk that has so many bytes to spare."""
    parent = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(parent, exist_ok=True)
        free = shutil.disk_usage(parent).free
        if free < num_bytes:
            raise UserError(
                f'the packed images take up to {num_bytes / 2**30:,.1f} GiB, but '
                f'{parent!r} has {free / 2**30:,.1f} GiB left: free some, or choose '
                'another disk.'
            )
        os.mkdir(path)
    except OSError as error:
        raise UserError(
            f'the folder {path!r} cannot be made ({error.strerror}): choose another '
            'place.'
        ) from error


def _check(packed: str, num_written: int, folder: str, names: Sequence[str]) -> None:
    """Count the images, and read some of them again.

    Args:
        packed: The folder of the packed images.
        num_written: How many there are.
        folder: Where they came from.
        names: Their paths there, in their order.

    Raises:
        OSError: If they are not what was to be packed.
    """
    if num_written != len(set(names)):
        raise OSError(f'only {num_written} images were written: pack again.')
    uris = PackedImages(packed).found()
    some = list(zip(names, uris, strict=True))[:: -(-len(uris) // NUM_CHECKED)]
    for name, uri in _with_progress(some, 'Checking'):
        if fileio.get(uri) != _read(os.path.join(folder, name)):
            raise OSError(f'{name!r} was packed wrongly, or has changed: pack again.')
    # The files will have another name, and this one may come again.
    fileio.get_file_backend(uris[0], enable_singleton=True).close()
