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

# Photographs in the wheels. skimage.data.coffee() and the like would download missing
# ones.
SCIKIT_IMAGE = (
    'astronaut.png',
    'chelsea.png',
    'coffee.png',
    'hubble_deep_field.jpg',
    'motorcycle_left.png',
    'rocket.jpg',
)
SCIKIT_LEARN = ('china.jpg', 'flower.jpg')

# Decoding a camera's photograph takes a tenth of a second.
MAX_PHOTOGRAPHS = 120
LONGER_SIDE = 256  # longer side of a saved window in pixels
WINDOW = 'window_{}.jpg'


def shipped_photographs() -> list[str]:
    """Return the photographs in the packages scikit-image and scikit-learn."""
    folders = {
        Path(skimage.__file__).parent / 'data': SCIKIT_IMAGE,
        Path(sklearn.datasets.__file__).parent / 'images': SCIKIT_LEARN,
    }
    paths = [folder / name for folder, names in folders.items() for name in names]
    return [str(path) for path in paths if path.is_file()]


def photographs_in(folder: str | os.PathLike, windows: str | os.PathLike) -> list[str]:
    """Return at most :data:`MAX_PHOTOGRAPHS` random images below a folder.

    Args:
        folder (str | os.PathLike): Folder of the images, at any depth.
        windows (str | os.PathLike): Folder of an earlier demo's windows, which are
            left out.

    Raises:
        UserError: If there is no such folder, or no image in it.
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
    """Cut random windows from photographs and save them as JPEG.

    The number of training images is thus independent of the photographs. The windows
    are the same each time.

    Args:
        paths (list[str]): The photographs.
        folder (str | os.PathLike): Output folder. The windows of an earlier demo are
            replaced.
        num_windows (int): Total number of windows.

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
    # A second round replaces the windows of photographs that could not be read.
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
    """Cut a random square with 0.35 to 1 times the shorter side."""
    shorter = min(photograph.size)
    side = max(1, round(shorter * rng.uniform(0.35, 1)))
    left = rng.randint(0, photograph.width - side)
    top = rng.randint(0, photograph.height - side)
    window = photograph.crop((left, top, left + side, top + side))
    window.thumbnail((LONGER_SIDE, LONGER_SIDE))
    return window
