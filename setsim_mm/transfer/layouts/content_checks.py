"""Whether files hold what they should. Each check names those that do not."""

import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .data_root import DataRoot, Problem, read_annotations, spread, such_as


@dataclass(frozen=True)
class LabelImages:
    """Label images are as large as their images and hold the right numbers.

    Args:
        images: Folder of the images, and what their names end in.
        labels: Folder of the label images, and what their names end in.
        values: What may stand in a label image.
        remedy: How to make the label images.
    """

    images: tuple[str, str]
    labels: tuple[str, str]
    values: Collection[int]
    remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Open a few and name those that are wrong."""
        (images, image_suffix), (labels, label_suffix) = self.images, self.labels
        common = root.names(*self.images) & root.names(*self.labels)
        for name in spread(common):
            path = root / labels / (name + label_suffix)
            fault = self._fault(path, root / images / (name + image_suffix))
            if fault:
                yield Problem(path, fault, self.remedy)

    def _fault(self, path: Path, image: Path) -> str | None:
        try:
            with Image.open(path) as opened:
                labels = np.array(opened)
        except (OSError, SyntaxError):  # what Pillow raises for damaged files
            return 'cannot be read'
        if labels.ndim != 2:
            return 'has colours where class numbers are expected'
        wrong = sorted(set(np.unique(labels).tolist()) - set(self.values))
        if wrong:
            return f'has the label {wrong[0]}, which is no class'
        return _size_fault(image, (labels.shape[1], labels.shape[0]))


@dataclass(frozen=True)
class VocBoxes:
    """The XML files of a list name VOC's classes, and sizes as their images have.

    Args:
        listing: The text file that names the images.
        folder: The year's folder.
        classes: The classes.
        remedy: How to get the annotations.
        needs_difficult: Whether each object must have the field ``difficult``, which
            VOC's AP reads. Defaults to False.
    """

    listing: str
    folder: str
    classes: Collection[str]
    remedy: str
    needs_difficult: bool = False

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Open a few and name those that are wrong."""
        if not (root / self.listing).is_file():
            return  # ListedFiles says so
        there = root.names(f'{self.folder}/Annotations', '.xml')
        for name in spread(there & set(root.lines(self.listing))):
            path = root / self.folder / 'Annotations' / f'{name}.xml'
            image = root / self.folder / 'JPEGImages' / f'{name}.jpg'
            fault = self._fault(path, image)
            if fault:
                yield Problem(path, fault, self.remedy)

    def _fault(self, path: Path, image: Path) -> str | None:
        try:
            tree = ET.parse(path)
        except ET.ParseError:
            return 'is no complete XML file'
        names = {str(item.findtext('name')) for item in tree.iter('object')}
        unknown = names - set(self.classes)
        if unknown:
            return f'names objects that are of no class ({such_as(unknown)})'
        if self.needs_difficult and any(
            item.find('difficult') is None for item in tree.iter('object')
        ):
            return "has objects without the field <difficult>, which VOC's AP needs"
        width, height = (tree.findtext(f'size/{side}') for side in ('width', 'height'))
        if width is None or height is None:
            return None  # MMDetection then asks the image
        if not (width.strip().isdecimal() and height.strip().isdecimal()):
            return 'gives no size in pixels'
        return _size_fault(image, (int(width), int(height)))


@dataclass(frozen=True)
class CocoAnnotations:
    """An annotation file in COCO's format matches its images and the classes.

    Args:
        file: The JSON file.
        images: Folder that its file names are relative to.
        categories: The names of the classes by their ids.
        remedy: How to make the file.
        images_remedy: How to get the images.
    """

    file: str
    images: str
    categories: Mapping[int, str]
    remedy: str
    images_remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Name what does not match; of annotations and images, a part is looked at."""
        path = root / self.file
        if not path.is_file():
            yield Problem(path, 'is missing', self.remedy)
            return
        try:
            content = read_annotations(path)
        except (ValueError, IndexError) as error:
            yield Problem(path, f'is no COCO annotation file ({error})', self.remedy)
            return
        yield from self._images(root, content['images'])
        for fault in (
            self._category_fault(content['categories']),
            _annotation_fault(content),
        ):
            if fault:
                yield Problem(path, fault, self.remedy)

    def _images(self, root: DataRoot, images: list[dict]) -> Iterator[Problem]:
        by_name = {image['file_name']: image for image in images}
        there = root.names(self.images, '')
        if not by_name:
            yield Problem(root / self.file, 'names no image', self.remedy)
        folder = root / self.images
        outside = {name for name in by_name if not root.holds(folder / name)}
        if root.allow_paths_outside:
            there |= {name for name in outside if (folder / name).is_file()}
        elif outside:
            yield Problem(
                root / self.file,
                f'names {len(outside):,} files outside of the data root '
                f'({such_as(outside)})',
                'correct these entries, or allow them with --cfg-options '
                'allow_paths_outside=True (check_datasets.py --allow-paths-outside)',
            )
            there |= outside
        missing = by_name.keys() - there
        if missing:
            yield Problem(
                root / self.images,
                f'lacks {len(missing):,} of the {len(by_name):,} images that '
                f'{self.file} names ({such_as(missing)})',
                self.images_remedy,
            )
        for name in spread(by_name.keys() & there):
            size = by_name[name]['width'], by_name[name]['height']
            fault = _size_fault(root / self.images / name, size)
            if fault:
                yield Problem(root / self.file, fault, self.remedy)

    def _category_fault(self, categories: list[dict]) -> str | None:
        there = {category['id']: category['name'] for category in categories}
        if there == dict(self.categories):
            return None
        differing = there.items() ^ self.categories.items()
        names = {f'{name!r} ({number})' for number, name in differing}
        return (
            f'has {len(there)} categories that are not the {len(self.categories)} of '
            f'the data set ({such_as(names)})'
        )


def _annotation_fault(content: dict[str, list]) -> str | None:
    ids = {image['id'] for image in content['images']}
    categories = {category['id'] for category in content['categories']}
    annotations = content['annotations']
    if not annotations:
        return 'has no annotation'
    strays = [a['id'] for a in annotations if a['image_id'] not in ids]
    if strays:
        return f'has annotations of images that it does not name (id {strays[0]})'
    strays = [a['id'] for a in annotations if a['category_id'] not in categories]
    if strays:
        return f'has annotations of a category that it does not name (id {strays[0]})'
    return None


def _size_fault(image: Path, size: tuple[int, int]) -> str | None:
    """Compare a width and height with an image's; of the image, the head is read."""
    if not image.is_file():
        return None  # another check says so
    try:
        with Image.open(image) as opened:
            actual = opened.size
    except OSError:
        return f'belongs to {str(image)!r}, which cannot be read'
    if actual == size:
        return None
    return (
        f'says {size[0]}x{size[1]} pixels of {str(image)!r}, which has '
        f'{actual[0]}x{actual[1]}'
    )
