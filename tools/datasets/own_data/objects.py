"""Read the objects of all images, and check them against the images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import track

from setsim_mm.transfer.labels.coco_json import CocoFile, read_coco
from setsim_mm.transfer.labels.formats import (
    COCO_JSON,
    VOC_XML,
    require_class_names,
    require_listed_images,
)
from setsim_mm.transfer.labels.image_sizes import displayed_size
from setsim_mm.transfer.labels.shapes import Shape
from setsim_mm.transfer.labels.voc_xml import read_xml
from setsim_mm.transfer.labels.yolo import read_yolo
from setsim_mm.utils import UserError

from .search import Source

MARGIN = 1  # pixel by which a box may leave its image, as by rounding
SMALLEST = 1  # pixel; MMDetection leaves out objects with a smaller side


@dataclass(frozen=True)
class Objects:
    """Images with objects.

    Args:
        classes (tuple[str, ...]): The names of the classes.
        images (dict[Path, tuple[Shape, ...]]): The objects of each image.
        sizes (dict[Path, tuple[int, int]]): Width and height of each image.
    """

    classes: tuple[str, ...]
    images: dict[Path, tuple[Shape, ...]]
    sizes: dict[Path, tuple[int, int]]

    @property
    def shapes(self) -> list[Shape]:
        """All objects."""
        return [shape for of_image in self.images.values() for shape in of_image]


def read_objects(
    source: Source,
    images: Sequence[Path],
    classes: Sequence[str] | None = None,
    fix_boxes: bool = False,
) -> Objects:
    """Read objects in VOC's XML, COCO's JSON or YOLO's text files.

    Args:
        source (Source): From :func:`~own_data.search.find_source`.
        images (Sequence[Path]): The images to read. One without a label file has no
            object.
        classes (Sequence[str], optional): The names of the classes. Defaults to None,
            those that are found.
        fix_boxes (bool): Whether to cut boxes at the border of the image, and to leave
            out those without an area. Defaults to False, an error.

    Returns:
        Objects: Boxes are inside of their images.

    Raises:
        UserError: If a file cannot be read or a box is wrong.
    """
    sizes = {
        image: displayed_size(image)
        for image in track(images, 'Reading sizes', transient=True)
    }
    names, shapes = _read(source, images, classes, sizes)
    in_labels = {shape.name for of_image in shapes.values() for shape in of_image}
    names = tuple(names or sorted(in_labels))
    unknown = sorted(in_labels - set(names))
    if unknown:
        raise UserError(
            f'the labels name {len(unknown)} classes that are not in the list of '
            f'classes, such as {unknown[0]!r}: correct the labels or the list.'
        )
    if not in_labels:
        raise UserError(
            f'the {source.kind} labels of {len(images)} images have no object: label '
            'some, or choose other labels with --labels.'
        )
    wrong: list[str] = []
    fitted = {
        image: _inside(shapes[image], sizes[image], source.labels.get(image), wrong)
        for image in images
    }
    if wrong and not fix_boxes:
        raise UserError(
            f'{len(wrong)} boxes leave their image or have no area, such as '
            f'{wrong[0]}: correct them, or add --fix-boxes, which cuts boxes at the '
            'border and leaves out those without an area.'
        )
    return Objects(names, fitted, sizes)


def _read(
    source: Source,
    images: Sequence[Path],
    classes: Sequence[str] | None,
    sizes: dict[Path, tuple[int, int]],
) -> tuple[Sequence[str] | None, dict[Path, tuple[Shape, ...]]]:
    """Return the names of the classes, None if labels do not list them, and objects."""
    if source.kind == COCO_JSON:
        files = {path: read_coco(path) for path in sorted(set(source.labels.values()))}
        listed = dict.fromkeys(name for file in files.values() for name in file.classes)
        return classes or tuple(listed), _of_coco(source, images, files)
    if source.kind != VOC_XML:
        folders = {path.parent for path in source.labels.values()}
        above = {above for folder in folders for above in folder.parents}
        folders |= {path for path in above if path.is_relative_to(source.root)}
        classes = classes or require_class_names(sorted(folders))
    shapes: dict[Path, tuple[Shape, ...]] = {}
    for image in track(images, 'Reading labels', transient=True):
        label = source.labels.get(image)
        if label is None:
            shapes[image] = ()
        elif source.kind == VOC_XML:
            shapes[image] = read_xml(label)
        else:
            shapes[image] = read_yolo(label, classes or (), sizes[image])
    return classes, shapes


def _of_coco(
    source: Source, images: Sequence[Path], files: dict[Path, CocoFile]
) -> dict[Path, tuple[Shape, ...]]:
    shapes = {}
    for image in images:
        file = source.labels[image]
        # A listed name is the end of the image's path.
        depths = range(1, len(image.parts))
        names = ('/'.join(image.parts[-depth:]) for depth in depths)
        name = next(name for name in names if name in files[file].shapes)
        require_listed_images([image.name], image.parent, file)
        shapes[image] = files[file].shapes[name]
    return shapes


def _inside(
    shapes: Sequence[Shape],
    size: tuple[int, int],
    label: Path | None,
    wrong: list[str],
) -> tuple[Shape, ...]:
    """Cut boxes at the border, and add a clause for each that is wrong."""
    kept = []
    for shape in shapes:
        left, top, right, bottom = shape.box
        cut = (max(0, left), max(0, top), min(size[0], right), min(size[1], bottom))
        empty = cut[2] - cut[0] < SMALLEST or cut[3] - cut[1] < SMALLEST
        moved = max(abs(a - b) for a, b in zip(cut, shape.box, strict=True))
        if empty or moved > MARGIN:
            sides = ', '.join(f'{side:g}' for side in shape.box)
            wrong.append(
                f'{shape.name!r} at ({sides}) in an image of {size[0]}x{size[1]} '
                f'pixels, in {str(label)!r}'
            )
        if not empty:
            # The stated area of a box is that of the uncut one.
            area = shape.stated_area if shape.segmentation and not moved else None
            kept.append(replace(shape, box=cut, stated_area=area))
    return tuple(kept)
