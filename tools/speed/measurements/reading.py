"""Reading images: from files, from an LMDB file and from tar shards.

*Listing* lists the images, once at the start of a training. *Bytes* and *pixels* read
images in the same random order without and with decoding. *Time* is relative to the
time from files. Every image has been read before, so that the operating system has it
in its cache if it fits. The times are therefore CPU costs of the formats and do not
include a disk or a network. For *cold bytes*, all images are dropped from the cache
before each pass; caches of a disk or a server remain.
"""

import os
import random
from argparse import Namespace
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pandas as pd
from mmengine import fileio
from torch.utils.data import DataLoader, Dataset

from setsim_mm.datasets import LoadRGBImage
from setsim_mm.datasets.packed import FORMATS, PackedImages, images_in, pack_images
from setsim_mm.utils import UserError

from .timing import seconds_of, time_in_turn

FILES = 'files'
BATCH = 32  # images in a worker's batch


def measure(args: Namespace) -> pd.DataFrame:
    """Read the images in all formats in turn.

    Returns:
        pd.DataFrame: A row for each kind of work, number of workers and format.

    Raises:
        UserError: If the packed images differ from the files, or their order does.
    """
    with TemporaryDirectory(prefix='packed_images_') as temporary:
        folders = {FILES: args.images}
        for form in FORMATS:
            folders[form] = getattr(args, form) or str(Path(temporary, form))
            if not getattr(args, form):
                pack_images(args.images, folders[form], form, args.ann_file)
        return pd.DataFrame(_rows(folders, args))


def _rows(folders: Mapping[str, str], args: Namespace) -> list[dict]:
    listings = {
        form: partial(_listing, folder, args.ann_file if form == FILES else '')
        for form, folder in folders.items()
    }
    paths = {form: listing() for form, listing in listings.items()}
    names = [os.path.relpath(path, folders[FILES]) for path in paths[FILES]]
    for form in FORMATS:
        if PackedImages(folders[form]).names() != names:
            raise UserError(
                f'the images packed in {folders[form]!r} are not those of '
                f'{folders[FILES]!r} in their order: give the --ann-file with which '
                'they were packed, or pack them again.'
            )
    number = len(paths[FILES])
    rows = _tabulate('listing', 0, number, time_in_turn(listings, args.repeats))
    chosen = random.Random(0).sample(range(number), min(args.number, number))
    paths = {form: [each[i] for i in chosen] for form, each in paths.items()}
    for work, read in (('bytes', fileio.get), ('pixels', _pixels)):
        for workers in args.workers:
            times = time_in_turn(_passes(paths, read, workers), args.repeats)
            rows += _tabulate(work, workers, len(chosen), times)
    for workers in args.workers if args.cold else ():
        times = _time_cold(paths, folders, workers, args.repeats)
        rows += _tabulate('cold bytes', workers, len(chosen), times)
    return rows


def _passes(
    paths: Mapping[str, list[str]], read: Callable[[str], object], workers: int
) -> dict[str, Callable[[], object]]:
    """Return for each format a function that reads all images once."""
    passes = {}
    for form, of_form in paths.items():
        loader = DataLoader(
            _Reads(of_form, read),
            batch_size=BATCH,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        passes[form] = partial(deque, loader, 0)
    return passes


def _time_cold(
    paths: Mapping[str, list[str]],
    folders: Mapping[str, str],
    workers: int,
    repeats: int,
) -> dict[str, list[float]]:
    """Time reading images that are not in the operating system's cache, in turn."""
    seconds = {form: [] for form in paths}
    for _ in range(repeats):
        for form, of_form in paths.items():
            drop_from_cache(folders[form])
            # New workers, because earlier ones have mapped the files into memory.
            (work,) = _passes({form: of_form}, fileio.get, workers).values()
            seconds[form].append(seconds_of(work))
    return seconds


def drop_from_cache(folder: str) -> None:
    """Drop a folder's files from the operating system's cache.

    Args:
        folder: A folder whose files are closed and completely written to the disk.
    """
    for form in FORMATS:
        fileio.get_file_backend(f'{form}://', enable_singleton=True).close()
    for below, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(below, name), 'rb') as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _tabulate(
    work: str, workers: int, number: int, times: Mapping[str, list[float]]
) -> list[dict]:
    return [
        {
            'work': work,
            'workers': workers,
            'from': form,
            'seconds': median(seconds),
            'images/s': number / median(seconds),
            'time': median(seconds) / median(times[FILES]),
            'repeats': len(seconds),
        }
        for form, seconds in times.items()
    ]


def _listing(folder: str, ann_file: str) -> list[str]:
    images = images_in(folder)
    return images.listed(ann_file) if ann_file else images.found()


def _pixels(path: str) -> object:
    return LoadRGBImage()(dict(img_path=path))['img']


class _Reads(Dataset):
    """Reads images and returns 1 for each, so that no pixels are sent."""

    def __init__(self, paths: list[str], read: Callable[[str], object]) -> None:
        self.paths = paths
        self.read = read

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> int:
        self.read(self.paths[index])
        return 1
