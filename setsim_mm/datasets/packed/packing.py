"""Pack the images of a folder without changing their bytes."""

import os
import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import TypeVar

from mmengine import fileio
from rich.console import Console
from rich.progress import track

from setsim_mm.utils.errors import UserError

from ..image_files import ImageFiles
from ..image_lists import IMAGE_SUFFIXES, read_image_list
from ..regular_files import regular_file
from .lmdb_file import LmdbWriter
from .manifest import MANIFEST, Manifest, save_unfinished
from .packed_images import PackedImages, save_listing
from .tar_shards import TarWriter

FORMATS: dict[str, type[LmdbWriter] | type[TarWriter]] = {
    'lmdb': LmdbWriter,
    'tar': TarWriter,
}
NUM_CHECKED = 1000

T = TypeVar('T')


def pack_images(
    folder: str,
    packed: str,
    format: str,
    ann_file: str = '',
    shard_size: int = 2**30,
    num_threads: int = 8,
    suffixes: Sequence[str] = IMAGE_SUFFIXES,
) -> PackedImages:
    """Pack the images of a folder into few files, in the order of a data set.

    The files are written to ``<packed>.partial``, which is renamed at the end and
    removed if packing fails or is interrupted.

    Args:
        folder: Folder of the images, the ``data_prefix`` of the data set.
        packed: Folder to create.
        format: ``lmdb`` or ``tar``.
        ann_file: See :func:`~..image_lists.read_image_list`. Empty: all images in
            ``folder``, sorted.
        shard_size: Maximum size in bytes of a tar shard with more than one image.
        num_threads: Number of files to read at once.
        suffixes: Suffixes of the images without an ``ann_file``; see
            :func:`~..image_files.find_images`.

    Raises:
        FileNotFoundError: If there are no images.
        UserError: If images are missing, are outside the folder, have names that the
            format does not support, or do not fit on the disk; or if ``packed`` exists.
    """
    folder, packed = os.path.normpath(folder), os.path.normpath(packed)
    partial = f'{packed}.partial'
    if os.path.lexists(packed):
        raise UserError(
            f'{packed!r} already exists: remove it, or choose another name.'
        )
    if os.path.lexists(partial):
        raise UserError(
            f'{partial!r} already exists: another command is packing these images, or '
            'was killed; if none is running, remove it.'
        )
    names = _names(folder, ann_file, suffixes)
    distinct = list(dict.fromkeys(names))
    FORMATS[format].check_names(distinct)
    paths = [os.path.join(folder, name) for name in distinct]
    sizes = _sizes(paths, num_threads)
    _create_folder(partial, FORMATS[format].bytes_needed(sizes))
    try:
        save_unfinished(partial, format)
        with (
            closing(FORMATS[format](partial, sizes, shard_size)) as writer,
            closing(_ahead(_read, paths, num_threads, 'Packing')) as images,
        ):
            locations = {
                name: writer.add(name, data)
                for name, data in zip(distinct, images, strict=True)
            }
            num_written = writer.finish()
        save_listing(partial, ((name, locations[name]) for name in names))
        files = {each.name: each.stat().st_size for each in os.scandir(partial)}
        del files[MANIFEST]
        Manifest(format, len(names), files).save(partial)
        _check(partial, num_written, folder, names)
        os.rename(partial, packed)
    except BaseException:
        shutil.rmtree(partial)
        raise
    return PackedImages(packed)


def _names(folder: str, ann_file: str, suffixes: Sequence[str]) -> list[str]:
    """Return the paths of the images in their folder, in the data set's order."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f'the image folder {folder!r} does not exist')
    files = ImageFiles(folder, suffixes)
    if ann_file:
        files.listed(ann_file)  # raises an error for the list of another folder
        names = read_image_list(ann_file)
    else:
        names = [os.path.relpath(path, folder) for path in files.found()]
    for name in names:
        if os.path.isabs(name) or '..' in name.split('/') or set(name) & set('\t\n'):
            raise UserError(
                f'the image {name!r} cannot be packed: its name must have no tab and '
                f'no line break, and the file must be in {folder!r}.'
            )
    return names


def _sizes(paths: Sequence[str], num_threads: int) -> list[int]:
    """Return the size of each file in bytes; raise an error if one is unreadable."""
    sizes = list(_ahead(_size, paths, num_threads, 'Checking files'))
    missing = [path for path, size in zip(paths, sizes, strict=True) if size < 0]
    if missing:
        raise UserError(
            f'{len(missing)} of the {len(paths)} images are missing or cannot be read, '
            f'such as {missing[0]!r}: restore them, or remove them from the list.'
        )
    return sizes


def _size(path: str) -> int:
    readable = os.path.isfile(path) and os.access(path, os.R_OK)
    return os.path.getsize(path) if readable else -1


def _read(path: str) -> bytes:
    with open(path, 'rb', opener=regular_file) as file:
        return file.read()


def _ahead(
    function: Callable[[str], T], paths: Sequence[str], num_threads: int, title: str
) -> Generator[T, None, None]:
    """Yield the function's value of each path, computed ahead in threads."""
    remaining = iter(paths)
    with ThreadPoolExecutor(num_threads) as pool:
        pending = deque(
            pool.submit(function, path) for path in islice(remaining, 4 * num_threads)
        )
        for _ in _with_progress(paths, title):
            yield pending.popleft().result()
            pending.extend(pool.submit(function, path) for path in islice(remaining, 1))


def _with_progress(items: Sequence[T], title: str) -> Iterable[T]:
    """Show a progress bar with the time left."""
    return track(items, title, console=Console(stderr=True))


def _create_folder(path: str, num_bytes: int) -> None:
    """Create a folder on a disk with enough free space."""
    parent = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(parent, exist_ok=True)
        free = shutil.disk_usage(parent).free
        if free < num_bytes:
            raise UserError(
                f'the packed images need up to {num_bytes / 2**30:,.1f} GiB, but '
                f'{parent!r} has {free / 2**30:,.1f} GiB left: free some space, or '
                'choose another disk.'
            )
        os.mkdir(path)
    except OSError as error:
        raise UserError(
            f'the folder {path!r} cannot be created ({error.strerror}): choose another '
            'one.'
        ) from error


def _check(packed: str, num_written: int, folder: str, names: Sequence[str]) -> None:
    """Raise an OSError if packed images are missing or differ from the files."""
    if num_written != len(set(names)):
        raise OSError(f'only {num_written} images were written: pack again.')
    uris = PackedImages(packed).found()
    some = list(zip(names, uris, strict=True))[:: -(-len(uris) // NUM_CHECKED)]
    for name, uri in _with_progress(some, 'Checking'):
        if fileio.get(uri) != _read(os.path.join(folder, name)):
            raise OSError(f'{name!r} was packed wrongly, or has changed: pack again.')
    # The folder is renamed next, and another one may get its present name.
    fileio.get_file_backend(uris[0], enable_singleton=True).close()
