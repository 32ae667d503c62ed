"""Find images and their labels in a folder, whatever its layout."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from setsim_mm.datasets.image_lists import is_image
from setsim_mm.transfer.labels.formats import COCO_JSON, LABEL_IMAGES, VOC_XML, YOLO
from setsim_mm.utils import UserError
from setsim_mm.utils.printable import some_of

from .coco_files import coco_files
from .files import Group, divide_images, find_groups
from .matching import pair

OPTIONS = {
    VOC_XML: 'voc',
    COCO_JSON: 'coco',
    YOLO: 'yolo',
    LABEL_IMAGES: 'label-images',
}


@dataclass(frozen=True)
class Source:
    """Labels of one kind in a folder.

    Args:
        kind (str): One of :mod:`~setsim_mm.transfer.labels.formats`.
        root (Path): The folder that the names of images are relative to.
        images (Sequence[Path]): All images, sorted.
        labels (dict[Path, Path]): The label file by image; COCO's JSON for all of its
            images.
        lists (Sequence[Path]): Text files, which may be lists of a split.
    """

    kind: str
    root: Path
    images: Sequence[Path]
    labels: dict[Path, Path]
    lists: Sequence[Path] = field(default=())

    @property
    def missing(self) -> list[Path]:
        """Images without a label file."""
        return [path for path in self.images if path not in self.labels]


def find_source(
    folder: Path,
    images: Path | None = None,
    labels: Path | None = None,
    kind: str | None = None,
) -> Source:
    """Find the labelled images of a folder.

    Args:
        folder (Path): The folder, searched at any depth.
        images (Path, optional): The folder of the images. Defaults to None, found.
        labels (Path, optional): The folder or the JSON file of the labels. Defaults to
            None, found.
        kind (str, optional): The only kind of labels to look for, a value of
            ``OPTIONS``. Defaults to None, the one that is there.

    Returns:
        Source: Images and labels.

    Raises:
        UserError: If there is no image or no label, or several kinds of labels.
    """
    folder, images, labels = (
        None if path is None else path.expanduser().absolute()
        for path in (folder, images, labels)
    )
    root = Path(os.path.commonpath([p for p in (folder, images, labels) if p]))
    everything = find_groups(folder)
    of_images = find_groups(images) if images else everything
    photographs = [group for group in of_images if is_image(f'a{group.suffix}')]
    if labels is None:
        photographs, drawn = divide_images(photographs)
        drawn += [] if images is None else divide_images(_images_in(everything))[1]
        others = everything
    else:
        others = find_groups(labels) if labels.is_dir() else _one_file(labels)
        drawn = _images_in(others)
        photographs = [group for group in photographs if group not in drawn]
    if drawn and not photographs:
        photographs, drawn = drawn, []  # grey photographs
    found = sorted(path for group in photographs for path in group.files.values())
    if not found:
        raise UserError(
            f'there is no image in {str(images or folder)!r} or its subfolders: give '
            'the folder of your images.'
        )
    candidates = {
        VOC_XML: pair(_with(others, '.xml'), photographs, root),
        COCO_JSON: coco_files(_with(others, '.json'), photographs, root),
        YOLO: pair(_with(others, '.txt'), photographs, root),
        LABEL_IMAGES: pair(drawn, photographs, root, tags=True),
    }
    chosen = _choose(candidates, kind, labels or folder)
    pairs = candidates[chosen]
    if chosen == COCO_JSON:
        found = sorted(pairs)
    else:
        folders = {image.parent for image in pairs}
        found = [image for image in found if image.parent in folders]
    return Source(
        chosen,
        root,
        found,
        pairs,
        sorted(
            {
                path
                for group in _with([*everything, *others], '.txt')
                for path in group.files.values()
            }
        ),
    )


def _choose(
    candidates: dict[str, dict[Path, Path]], kind: str | None, folder: Path
) -> str:
    there = {name: pairs for name, pairs in candidates.items() if pairs}
    if kind is not None:
        there = {name: there[name] for name in there if OPTIONS[name] == kind}
    if not there:
        raise UserError(
            f'there are no labels{f" of the kind {kind!r}" if kind else ""} for the '
            f'images in {str(folder)!r}: VOC XML, YOLO text or label images with the '
            'names of the images, or a JSON file of COCO, are expected.'
        )
    if len(there) > 1:
        listed = some_of(
            (
                f'{name} for {len(pairs)} images, such as '
                f'{str(next(iter(pairs.values())))!r}'
                for name, pairs in there.items()
            ),
            number=4,
        )
        options = ' or '.join(OPTIONS[name] for name in there)
        raise UserError(
            f'there are {len(there)} kinds of labels ({listed}): choose one with '
            f'--kind {options}.'
        )
    return next(iter(there))


def _with(groups: Sequence[Group], suffix: str) -> list[Group]:
    return [group for group in groups if group.suffix == suffix]


def _images_in(groups: Sequence[Group]) -> list[Group]:
    return [group for group in groups if is_image(f'a{group.suffix}')]


def _one_file(path: Path) -> list[Group]:
    if not path.is_file():
        raise UserError(f'there is no {str(path)!r}: give the labels of your images.')
    return [Group(path.parent, path.suffix.lower(), {path.stem: path})]
