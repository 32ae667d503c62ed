"""Read the labels of images: class folders, label images, VOC's XML or COCO's JSON."""

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from setsim_mm.datasets.image_files import find_images
from setsim_mm.evaluation.label_images import find_label_images
from setsim_mm.utils import UserError

from .shapes import Shape

CLASS_FOLDERS = 'class folders'
LABEL_IMAGES = 'label images'
VOC_XML = 'VOC XML'
COCO_JSON = 'COCO JSON'


@dataclass(frozen=True)
class Annotation:
    """An image with its label, as the files give it.

    Args:
        name (str): The path of the image, relative to its folder.
        image (Path): The path of the image.
        label (str | Path | tuple[Shape, ...]): The name of its class, the path of its
            label image, or its objects.
    """

    name: str
    image: Path
    label: str | Path | tuple[Shape, ...]


def read_annotations(images: Path, labels: Path | None) -> tuple[str, list[Annotation]]:
    """Read the labels of a folder of images.

    Args:
        images (Path): The folder. Without ``labels``, it has a folder for each class.
        labels (Path, optional): COCO's JSON file, or a folder of XML files or PNGs.

    Returns:
        tuple[str, list[Annotation]]: The format, which is detected automatically, and
        the images, sorted by name.

    Raises:
        UserError: If something is missing or cannot be read.
    """
    images = images.expanduser()
    if not images.is_dir():
        raise UserError(
            f'there is no folder {str(images)!r}: give the folder of labelled images.'
        )
    if labels is None:
        return CLASS_FOLDERS, _of_class_folders(images)
    labels = labels.expanduser()
    if labels.is_file():
        found = _of_coco(images, labels)
        return COCO_JSON, sorted(found, key=lambda annotation: annotation.name)
    suffixes = {path.suffix.lower() for path in labels.rglob('*')}
    if '.xml' in suffixes:
        pairs = find_label_images(images, labels, '.xml')
        return VOC_XML, [_named(images, *pair, read_xml(pair[1])) for pair in pairs]
    if '.png' in suffixes:
        pairs = find_label_images(images, labels)
        return LABEL_IMAGES, [_named(images, *pair, Path(pair[1])) for pair in pairs]
    raise UserError(
        f'{str(labels)!r} is neither a JSON file nor a folder with XML files or label '
        'images (PNG): give one of them, or no labels for class folders.'
    )


def _named(
    root: Path, image: str, _: str, label: Path | tuple[Shape, ...]
) -> Annotation:
    return Annotation(Path(image).relative_to(root).as_posix(), Path(image), label)


def _of_class_folders(root: Path) -> list[Annotation]:
    found = []
    for path in map(Path, find_images(str(root))):
        name = path.relative_to(root)
        if len(name.parts) < 2:
            raise UserError(
                f'the image {str(path)!r} is in no class folder: put it into a folder '
                'that is named after its class, or give its labels.'
            )
        found.append(Annotation(name.as_posix(), path, name.parts[0]))
    return found


def read_xml(path: str | Path) -> tuple[Shape, ...]:
    """Read the boxes of an XML file of VOC, whose pixels count from 1.

    Args:
        path (str | Path): The file.

    Returns:
        tuple[Shape, ...]: The objects, difficult ones included.

    Raises:
        UserError: If it is no such file.
    """
    try:
        return tuple(
            Shape(str(item.findtext('name')), _box_of(item))
            for item in ET.parse(path).getroot().iter('object')
        )
    except (ET.ParseError, TypeError, ValueError) as error:
        raise UserError(
            f"{str(path)!r} is no annotation in VOC's XML ({error}): correct it."
        ) from error


def _box_of(item: ET.Element) -> tuple[float, float, float, float]:
    left, top, right, bottom = (
        float(item.findtext(f'bndbox/{side}'))
        for side in ('xmin', 'ymin', 'xmax', 'ymax')
    )
    return left - 1, top - 1, right, bottom


def _of_coco(root: Path, path: Path) -> Iterator[Annotation]:
    """Yield the images that a JSON file of COCO lists."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        names = {item['id']: item['name'] for item in content['categories']}
        shapes = defaultdict(list)
        for item in content['annotations']:
            left, top, width, height = item['bbox']
            shapes[item['image_id']].append(
                Shape(
                    names[item['category_id']],
                    (left, top, left + width, top + height),
                    item.get('segmentation') or None,
                    bool(item.get('iscrowd')),
                )
            )
        listed = {item['id']: item['file_name'] for item in content['images']}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{str(path)!r} is no annotation file in COCO's JSON "
            f'({type(error).__name__}: {error}): correct it.'
        ) from error
    missing = [name for name in listed.values() if not (root / name).is_file()]
    if missing:
        raise UserError(
            f'{len(missing)} of the {len(listed)} images in {str(path)!r} are not in '
            f'{str(root)!r}, such as {missing[0]!r}: correct the folder or the file.'
        )
    for number, name in listed.items():
        yield Annotation(name, root / name, tuple(shapes[number]))
