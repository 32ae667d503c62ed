"""All labels that the files give, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from setsim_mm.evaluation.label_format import IGNORED, LabelFormat
from setsim_mm.runs.settings import digest
from setsim_mm.transfer.labels.formats import (
    CLASS_FOLDERS,
    LABEL_IMAGES,
    Annotation,
    read_annotations,
)
from setsim_mm.transfer.labels.shapes import BACKGROUND
from setsim_mm.utils import UserError
from setsim_mm.utils.file_digest import file_sha256

MOST_CLASSES = 255  # of label images with 8 bits, without the ignored value
HELD_OUT = 'held_out'  # stands before the names of images that are held out


@dataclass(frozen=True)
class Annotations:
    """Labelled images as the files give them.

    Args:
        format (str): One of :mod:`~setsim_mm.transfer.labels.formats`.
        classes (tuple[str, ...]): The names of the classes. For objects, the first one
            is the background.
        ignored (int): The value of pixels without a class.
        images (dict[str, Annotation]): By name.
        held_out (frozenset[str]): The names of those that must be held out.
    """

    format: str
    classes: tuple[str, ...]
    ignored: int
    images: dict[str, Annotation]
    held_out: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """Digest of all images and labels; it does not depend on their folder."""
        return digest(
            dict(
                classes=self.classes,
                ignored=self.ignored,
                images={
                    name: [
                        file_sha256(annotation.image),
                        file_sha256(annotation.label)
                        if isinstance(annotation.label, Path)
                        else repr(annotation.label),
                    ]
                    for name, annotation in self.images.items()
                },
            )
        )


def find_annotations(
    images: Path,
    labels: Path | None,
    val: tuple[Path, Path | None] | None = None,
    classes: Sequence[str] | None = None,
    ignored: int = IGNORED,
) -> Annotations:
    """Find labelled images and the names of their classes.

    Args:
        images (Path): See :func:`~setsim_mm.transfer.labels.formats.read_annotations`.
        labels (Path, optional): The same.
        val (tuple[Path, Path | None], optional): The same two for the images that are
            held out. Defaults to None: a part of ``images`` is held out later.
        classes (Sequence[str], optional): The names of the classes. Defaults to None,
            those that are in the labels.
        ignored (int): The value of pixels without a class in label images. Defaults
            to 255.

    Returns:
        Annotations: The images.

    Raises:
        UserError: If a file is missing or cannot be read, or a class is unknown.
    """
    form, found = read_annotations(images, labels, classes)
    held_out: list[Annotation] = []
    if val is not None:
        other, held_out = read_annotations(*val, classes)
        if other != form:
            raise UserError(
                f'the labelled images are {form} and the held-out ones {other}: give '
                'both in one format.'
            )
    for part, folder in ((found, images), (held_out, val and val[0])):
        if folder is not None and not part:
            raise UserError(
                f'there is no labelled image in {str(folder)!r}: give a folder of '
                'images with labels.'
            )
    by_name = {a.name: a for a in found}
    out = {f'{HELD_OUT}/{a.name}': a for a in held_out}
    names = _class_names(form, [*found, *held_out], classes, ignored)
    return Annotations(
        form,
        names,
        ignored if form == LABEL_IMAGES else IGNORED,
        by_name | out,
        frozenset(out),
    )


def _class_names(
    form: str,
    found: Sequence[Annotation],
    given: Sequence[str] | None,
    ignored: int,
) -> tuple[str, ...]:
    if form == LABEL_IMAGES:
        if given is not None:
            # As in the other programs, the list may name the value of no class.
            return tuple(given[:ignored])
        values = (values_in(a.label, MOST_CLASSES + 1, ignored) for a in found)
        largest = max((value for of_image in values for value in of_image), default=0)
        return tuple(map(str, range(largest + 1)))
    in_labels = {
        name
        for a in found
        for name in ([a.label] if form == CLASS_FOLDERS else [s.name for s in a.label])
    }
    names = tuple(sorted(in_labels) if given is None else given)
    unknown = sorted(in_labels - set(names))
    if unknown:
        raise UserError(
            f'the labels name {len(unknown)} classes that are not in the list of '
            f'classes, such as {unknown[0]!r}: correct the labels or the list.'
        )
    if form == CLASS_FOLDERS:
        return names
    if len(names) >= MOST_CLASSES:
        raise UserError(
            f'there are {len(names)} classes, but label images have room for '
            f'{MOST_CLASSES - 1} and the background: label fewer classes.'
        )
    return (BACKGROUND, *names)


def values_in(path: str | Path, num_classes: int, ignored: int) -> list[int]:
    """Return the classes in a label image, ascending.

    Args:
        path (str | Path): The label image.
        num_classes (int): See :class:`~setsim_mm.evaluation.label_format.LabelFormat`.
        ignored (int): The same.

    Raises:
        UserError: If it holds another value.
    """
    values = np.unique(LabelFormat(num_classes, ignored).load(str(path)))
    return [int(value) for value in values if value != IGNORED]
