"""The division into training and validation: found in the folder, or drawn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from setsim_mm.datasets.image_lists import read_image_list
from setsim_mm.transfer.labels.formats import LABEL_IMAGES
from setsim_mm.utils import UserError

from .names import part_of
from .search import Source


@dataclass(frozen=True)
class Split:
    """Images for training and for validation.

    Args:
        train (list[Path]): Sorted.
        val (list[Path]): Sorted.
        origin (str): Where the division comes from, for the user.
    """

    train: list[Path]
    val: list[Path]
    origin: str


def split(
    source: Source, images: Sequence[Path], val_share: float, seed: int, draw: bool
) -> Split:
    """Return the split that the folder has, or draw one.

    Args:
        source (Source): From :func:`~own_data.search.find_source`.
        images (Sequence[Path]): The images to divide.
        val_share (float): Share of a drawn validation set.
        seed (int): Seed of a drawn split.
        draw (bool): Whether to draw one even if there is a split.

    Returns:
        Split: Both parts have an image.

    Raises:
        UserError: If there are too few images or a list cannot be used.
    """
    found = None if draw else _of_folders(source, images) or _of_lists(source, images)
    if found is None:
        return _drawn(images, val_share, seed)
    if not found.train or not found.val:
        raise UserError(
            f'the split that was found ({found.origin}) has {len(found.train)} images '
            f'for training and {len(found.val)} for validation: correct it, or draw '
            'one with --draw-split.'
        )
    return found


def _of_folders(source: Source, images: Sequence[Path]) -> Split | None:
    """Return a split of which folders or label files have the names."""
    parts = defaultdict(list)
    for image in images:
        label = source.labels.get(image, image).relative_to(source.root)
        place = image.parent.relative_to(source.root)
        folder = label.with_suffix('') if label.suffix == '.json' else label.parent
        parts[part_of(place) or part_of(folder)].append(image)
    return _of_parts(parts, 'names of folders or files')


def _of_parts(parts: dict[str | None, list[Path]], origin: str) -> Split | None:
    measured = 'val' if 'val' in parts else 'test'
    if None in parts or not {'train', measured} <= parts.keys():
        return None
    left_out = sum(
        len(parts[name]) for name in parts if name not in ('train', measured)
    )
    if measured == 'test':
        origin += ', test is the validation'
    if left_out:
        origin += f', {left_out} images of test are left out'
    return Split(sorted(parts['train']), sorted(parts[measured]), origin)


def _of_lists(source: Source, images: Sequence[Path]) -> Split | None:
    """Return a split of text files such as train.txt and val.txt."""
    folders: dict[Path, dict[str, Path]] = defaultdict(dict)
    for path in source.lists:
        part = part_of(Path(path.stem))
        if part and path.stem.rstrip('0123456789').isalpha():
            folders[path.parent].setdefault(part, path)
    complete = {
        folder: lists
        for folder, lists in folders.items()
        if 'train' in lists and ('val' in lists or 'test' in lists)
    }
    if len(complete) > 1:  # ImageSets of VOC
        wanted = 'Segmentation' if source.kind == LABEL_IMAGES else 'Main'
        named = {
            folder: complete[folder] for folder in complete if folder.name == wanted
        }
        if len(named) != 1:
            raise UserError(
                f'there are lists of a split in {len(complete)} folders '
                f'({", ".join(repr(str(folder)) for folder in sorted(complete)[:3])}): '
                'keep those of one, or draw a split with --draw-split.'
            )
        complete = named
    if not complete:
        return None
    ((folder, lists),) = complete.items()
    index = defaultdict(list)
    for image in images:
        index[image.stem].append(image)
    parts = {part: _listed(path, index) for part, path in lists.items()}
    return _of_parts(parts, f'lists in {str(folder)!r}')


def _listed(path: Path, index: dict[str, list[Path]]) -> list[Path]:
    found = []
    for name in read_image_list(str(path), allow_paths_outside=True):
        images = _named(name, index) or _named(name.split()[0], index)
        if len(images) != 1:
            raise UserError(
                f'{str(path)!r} lists {name!r}, which {len(images)} of the labelled '
                'images have as their name: correct the list, or draw a split with '
                '--draw-split.'
            )
        found.append(images[0])
    return found


def _named(name: str, index: dict[str, list[Path]]) -> list[Path]:
    """Return the images with a name, which may be a path without a suffix."""
    place = Path(name)
    images = index.get(place.name) or index.get(place.stem) or []
    if len(images) > 1:
        ending = place.with_suffix('').parts[-2:]
        return [i for i in images if i.with_suffix('').parts[-len(ending) :] == ending]
    return images


def _drawn(images: Sequence[Path], val_share: float, seed: int) -> Split:
    if len(images) < 2:
        raise UserError(
            f'there is {len(images)} labelled image, but training and validation need '
            'one each: label more images.'
        )
    ordered = sorted(images)
    order = np.random.default_rng(seed).permutation(len(ordered))
    number = min(max(1, round(val_share * len(ordered))), len(ordered) - 1)
    val = {ordered[place] for place in order[:number]}
    return Split(
        [image for image in ordered if image not in val],
        sorted(val),
        f'drawn with seed {seed}',
    )
