"""Checks of the content of files. Each yields the files that are wrong."""

import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from setsim_mm.utils.printable import some_of

from .data_root import DataRoot, Problem, read_annotations, sample_evenly


@dataclass(frozen=True)
class LabelImages:
    """Check the size and the values of label images.

    Args:
        images: Folder and suffix of the images.
        labels: Folder and suffix of the label images.
        values: The values that a label image may have.
        remedy: How to make the label images.
    """

    images: tuple[str, str]
    labels: tuple[str, str]
    values: Collection[int]
    remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Open some label images and yield their problems."""
        (images, image_suffix), (labels, label_suffix) = self.images, self.labels
        common = root.names(*self.images) & root.names(*self.labels)
        for name in sample_evenly(common):
            path = root / labels / (name + label_suffix)
            error = self._error(path, root / images / (name + image_suffix))
            if error:
                yield Problem(path, error, self.remedy)

    def _error(self, path: Path, image: Path) -> str | None:
        try:
            with Image.open(path) as opened:
                labels = np.array(opened)
        except (OSError, SyntaxError):  # Pillow's errors for damaged files
            return 'cannot be read'
        if labels.ndim != 2:
            return 'has colours where class numbers are expected'
        wrong = sorted(set(np.unique(labels).tolist()) - set(self.values))
        if wrong:
            return f'has the label {wrong[0]}, which is no class'
        return _size_error(image, (labels.shape[1], labels.shape[0]))


@dataclass(frozen=True)
class VocBoxes:
    """Check the classes and the image sizes in VOC's XML files.

    Args:
        listing: The text file with the names of the images.
        folder: The year's folder.
        classes: The names of the classes.
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
        """Open some XML files and yield their problems."""
        if not (root / self.listing).is_file():
            return  # ListedFiles reports it
        existing = root.names(f'{self.folder}/Annotations', '.xml')
        for name in sample_evenly(existing & set(root.lines(self.listing))):
            path = root / self.folder / 'Annotations' / f'{name}.xml'
            image = root / self.folder / 'JPEGImages' / f'{name}.jpg'
            error = self._error(path, image)
            if error:
                yield Problem(path, error, self.remedy)

    def _error(self, path: Path, image: Path) -> str | None:
        try:
            tree = ET.parse(path)
        except ET.ParseError:
            return 'is no complete XML file'
        names = {str(item.findtext('name')) for item in tree.iter('object')}
        unknown = names - set(self.classes)
        if unknown:
            classes = some_of(sorted(unknown), separator=', ')
            return f'names objects that are of no class ({classes})'
        if self.needs_difficult and any(
            item.find('difficult') is None for item in tree.iter('object')
        ):
            return "has objects without the field <difficult>, which VOC's AP needs"
        width, height = (tree.findtext(f'size/{side}') for side in ('width', 'height'))
        if width is None or height is None:
            return None  # MMDetection then reads the image
        if not (width.strip().isdecimal() and height.strip().isdecimal()):
            return 'gives no size in pixels'
        return _size_error(image, (int(width), int(height)))


@dataclass(frozen=True)
class CocoAnnotations:
    """Check an annotation file in COCO's format against its images and the classes.

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
        """Yield problems; some of the annotations and of the images are checked."""
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
        for error in (
            self._category_error(content['categories']),
            _annotation_error(content),
        ):
            if error:
                yield Problem(path, error, self.remedy)

    def _images(self, root: DataRoot, images: list[dict]) -> Iterator[Problem]:
        by_name = {image['file_name']: image for image in images}
        existing = root.names(self.images, '')
        if not by_name:
            yield Problem(root / self.file, 'names no image', self.remedy)
        folder = root / self.images
        outside = {name for name in by_name if not root.holds(folder / name)}
        if root.allow_paths_outside:
            existing |= {name for name in outside if (folder / name).is_file()}
        elif outside:
            yield Problem(
                root / self.file,
                f'names {len(outside):,} files outside of the data root '
                f'({some_of(sorted(outside), separator=", ")})',
                'correct these entries, or allow them with --cfg-options '
                'allow_paths_outside=True (check_datasets.py --allow-paths-outside)',
            )
            existing |= outside
        missing = by_name.keys() - existing
        if missing:
            yield Problem(
                root / self.images,
                f'lacks {len(missing):,} of the {len(by_name):,} images that '
                f'{self.file} names ({some_of(sorted(missing), separator=", ")})',
                self.images_remedy,
            )
        for name in sample_evenly(by_name.keys() & existing):
            size = by_name[name]['width'], by_name[name]['height']
            error = _size_error(root / self.images / name, size)
            if error:
                yield Problem(root / self.file, error, self.remedy)

    def _category_error(self, categories: list[dict]) -> str | None:
        found = {category['id']: category['name'] for category in categories}
        if found == dict(self.categories):
            return None
        differing = found.items() ^ self.categories.items()
        names = {f'{name!r} ({number})' for number, name in differing}
        return (
            f'has {len(found)} categories that are not the {len(self.categories)} of '
            f'the data set ({some_of(sorted(names), separator=", ")})'
        )


def _annotation_error(content: dict[str, list]) -> str | None:
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


def _size_error(image: Path, size: tuple[int, int]) -> str | None:
    """Compare a width and height with those in an image's header."""
    if not image.is_file():
        return None  # another check reports it
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
