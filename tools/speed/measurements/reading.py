"""Reading images: from files, from an LMDB file and from tar shards.

*Listing* finds out which images there are, once at the start of a training. *Bytes* and
*pixels* read images in a random order, the same for all, without decoding them and
decoded. *Time* is that over the time from files. Every image has been read before, so
that the operating system gives what fits from memory: this is what the forms cost a
processor, and says nothing about how a disk or a network serves them. For *cold bytes*
it is told to forget all images before each pass; what a disk, or a server behind it,
remembers by itself stays.
"""

import os
import random
from argparse import ArgumentParser, Namespace
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

from .options import add_repeats_option
from .timing import seconds_of, time_in_turn

FILES = 'files'
BATCH = 32  # images that a worker reads before it reports


def add_arguments(parser: ArgumentParser) -> None:
    """Give the command its options.

    Args:
        parser (ArgumentParser): The command's.
    """
    parser.add_argument(
        '--images', default='data/imagenet/train', help='image folder (%(default)s)'
    )
    parser.add_argument(
        '--ann-file', default='', help='list of its images (default: all, sorted)'
    )
    for form in FORMATS:
        parser.add_argument(
            f'--{form}',
            metavar='FOLDER',
            help='the same images, packed by tools/datasets/pack_images.py '
            '(default: packed into a temporary folder)',
        )
    parser.add_argument(
        '--number', type=int, default=4000, help='images to read (%(default)s)'
    )
    parser.add_argument(
        '--workers',
        type=int,
        nargs='+',
        default=[0, 2],
        help='processes that read; 0 is this one (%(default)s)',
    )
    parser.add_argument(
        '--cold', action='store_true', help='read images that are not in memory, too'
    )
    add_repeats_option(parser, 5)


def measure(args: Namespace) -> pd.DataFrame:
    """Read the images in all forms in turn.

    Args:
        args (Namespace): Of :func:`add_arguments`.

    Returns:
        pd.DataFrame: A row for each work, number of workers and form.

    Raises:
        UserError: If the packed images are others, or in another order.
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
                f'{folders[FILES]!r} in their order: give the --ann-file by which they '
                'were packed, or pack them anew.'
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
    """Give for each form what reads all images once, and keeps nothing of them."""
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
    """Time reading what the operating system was told to forget, in turn."""
    seconds = {form: [] for form in paths}
    for _ in range(repeats):
        for form, of_form in paths.items():
            forget(folders[form])
            # Workers that read before would still have what they read in memory.
            (work,) = _passes({form: of_form}, fileio.get, workers).values()
            seconds[form].append(seconds_of(work))
    return seconds


def forget(folder: str) -> None:
    """Let the operating system forget the files of a folder that nobody has open.

    Args:
        folder: Its files are on the disk, without changes that are still to be
            written.
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
    """Reads images and gives 1 for each, so that nothing of them has to be sent."""

    def __init__(self, paths: list[str], read: Callable[[str], object]) -> None:
        self.paths = paths
        self.read = read

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> int:
        self.read(self.paths[index])
        return 1
