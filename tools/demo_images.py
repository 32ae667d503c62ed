"""The demo's training images: windows cut from photographs."""

import math
import os
import random
from pathlib import Path

import skimage
import sklearn.datasets
from PIL import Image

from setsim_mm.datasets import UnreadableImageError, load_rgb
from setsim_mm.datasets.image_files import find_images
from setsim_mm.utils import UserError

# Photographs in the wheels themselves: skimage.data.coffee() and its like would
# download what a wheel lacks.
SCIKIT_IMAGE = (
    'astronaut.png',
    'chelsea.png',
    'coffee.png',
    'hubble_deep_field.jpg',
    'motorcycle_left.png',
    'rocket.jpg',
)
SCIKIT_LEARN = ('china.jpg', 'flower.jpg')

# Photographs of today's cameras take a tenth of a second each to decode.
MAX_PHOTOGRAPHS = 120
LONGER_SIDE = 256  # of a window as it is saved, in pixels
WINDOW = 'window_{}.jpg'


def shipped_photographs() -> list[str]:
    """List the photographs in the packages scikit-image and scikit-learn."""
    folders = {
        Path(skimage.__file__).parent / 'data': SCIKIT_IMAGE,
        Path(sklearn.datasets.__file__).parent / 'images': SCIKIT_LEARN,
    }
    paths = [folder / name for folder, names in folders.items() for name in names]
    return [str(path) for path in paths if path.is_file()]


def photographs_in(folder: str | os.PathLike, windows: str | os.PathLike) -> list[str]:
    """List at most :data:`MAX_PHOTOGRAPHS` images below a folder, chosen at random.

    Args:
        folder (str | os.PathLike): Searched at any depth.
        windows (str | os.PathLike): Folder of windows from an earlier demo, which
            are left out.

    Raises:
        UserError: If it is no folder, or holds no image.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise UserError(f'{str(folder)!r} is not a folder: give one with photographs.')
    windows = Path(windows).resolve()
    paths = [
        path
        for path in find_images(str(folder))
        if windows not in Path(path).resolve().parents
    ]
    if not paths:
        raise UserError(
            f'there is no image in {str(folder)!r}: give a folder with photographs '
            '(JPEG, PNG and the like).'
        )
    return random.Random(0).sample(paths, min(len(paths), MAX_PHOTOGRAPHS))


def cut_windows(
    paths: list[str], folder: str | os.PathLike, num_windows: int
) -> list[str]:
    """Cut photographs into windows and save those as JPEG.

    So a few photographs become enough images to train on, and many or large ones not
    too many. The windows are the same each time.

    Args:
        paths (list[str]): The photographs.
        folder (str | os.PathLike): Where to save, in place of the windows of an
            earlier demo.
        num_windows (int): How many windows to cut in all.

    Returns:
        list[str]: The photographs that could not be read.

    Raises:
        UserError: If none of them can be read.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(WINDOW.format('*')):
        old.unlink()
    rng = random.Random(0)
    readable, unreadable, count = list(paths), [], 0
    # A second round makes up for photographs that could not be read in the first.
    while count < num_windows and readable:
        each = math.ceil((num_windows - count) / len(readable))
        for path in list(readable):
            try:
                photograph = load_rgb(path)
            except UnreadableImageError:
                readable.remove(path)
                unreadable.append(path)
                continue
            for _ in range(min(each, num_windows - count)):
                path = folder / WINDOW.format(f'{count:05}')
                _cut(photograph, rng).save(path, quality=92)
                count += 1
    if not readable:
        raise UserError(
            f'none of the {len(paths)} images can be read, such as {paths[0]!r}: give '
            'a folder with intact photographs.'
        )
    return unreadable


def _cut(photograph: Image.Image, rng: random.Random) -> Image.Image:
    """Cut a square of a third of the shorter side up to all of it."""
    shorter = min(photograph.size)
    side = max(1, round(shorter * rng.uniform(0.35, 1)))
    left = rng.randint(0, photograph.width - side)
    top = rng.randint(0, photograph.height - side)
    window = photograph.crop((left, top, left + side, top + side))
    window.thumbnail((LONGER_SIDE, LONGER_SIDE))
    return window
