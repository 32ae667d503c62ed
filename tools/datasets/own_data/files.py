"""The files of a folder, grouped by folder and suffix."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from setsim_mm.datasets.image_lists import is_image
from setsim_mm.datasets.regular_files import regular_files_below
from setsim_mm.transfer.layouts.data_root import sample_evenly
from setsim_mm.utils import UserError

from .names import is_label_folder

ONE_CHANNEL = ('1', 'L', 'P', 'I', 'I;16')
LOSSLESS = ('.png', '.bmp', '.tif', '.tiff', '.gif')
# A photograph in shades of grey has more, the label images of most data sets fewer.
MOST_VALUES = 64


@dataclass(frozen=True)
class Group:
    """Files of one folder with one suffix.

    Args:
        folder (Path): The folder.
        suffix (str): In lower case, with the dot.
        files (dict[str, Path]): By the name without the suffix.
    """

    folder: Path
    suffix: str
    files: dict[str, Path]


def find_groups(*folders: Path) -> list[Group]:
    """Return all visible files below folders.

    Raises:
        UserError: If a folder is missing or cannot be read.
    """
    try:
        found, _ = regular_files_below(map(str, folders))
    except OSError as error:
        raise UserError(
            f'the folder {error.filename!r} cannot be read ({error.strerror}): give '
            'the folder of your labelled images.'
        ) from error
    groups: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in sorted(map(Path, set(found))):
        key = path.parent, path.suffix.lower()
        groups.setdefault(key, {})[path.stem] = path
    return [Group(*key, files) for key, files in groups.items()]


def divide_images(groups: Iterable[Group]) -> tuple[list[Group], list[Group]]:
    """Divide groups of images into photographs and probable label images.

    Returns:
        tuple[list[Group], list[Group]]: Photographs, and files of one channel with few
        values or in a folder that is named after labels.
    """
    photographs, labels = [], []
    for group in groups:
        if is_image(f'a{group.suffix}'):
            (labels if _looks_like_labels(group) else photographs).append(group)
    return photographs, labels


def _looks_like_labels(group: Group) -> bool:
    if group.suffix not in LOSSLESS:
        return False
    named = is_label_folder(group.folder)
    for stem in sample_evenly(group.files):
        try:
            with Image.open(group.files[stem]) as image:
                if image.mode not in ONE_CHANNEL:
                    return named  # colours: an error where it is read
                if not named and len(np.unique(np.asarray(image))) > MOST_VALUES:
                    return False
        except (OSError, SyntaxError, ValueError):
            continue  # read again later, with an error if it is used
    return True
