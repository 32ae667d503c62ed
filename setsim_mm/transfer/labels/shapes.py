"""Objects as boxes, polygons or masks, and label images drawn from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from setsim_mm.evaluation.label_format import IGNORED
from setsim_mm.utils.errors import UserError

BACKGROUND = 'background'  # class 0 of a label image that is drawn from objects


@dataclass(frozen=True)
class Shape:
    """An annotated object.

    Args:
        name (str): The name of its class.
        box (tuple[float, float, float, float]): Left, top, right and bottom in pixels;
            the right and bottom edges are outside.
        segmentation (list | dict, optional): Polygons, or a run-length encoding, as in
            COCO's JSON. Defaults to None: the box is drawn.
        crowd (bool): Whether it is a region of many objects, which has no class in a
            label image. Defaults to False.
        stated_area (float, optional): Its area in pixels, as the file states it.
            Defaults to None, that of the box.
        difficult (bool): VOC's flag. Defaults to False.
    """

    name: str
    box: tuple[float, float, float, float]
    segmentation: Sequence[Sequence[float]] | Mapping[str, Any] | None = None
    crowd: bool = False
    stated_area: float | None = field(default=None, repr=False)
    difficult: bool = field(default=False, repr=False)

    @property
    def area(self) -> float:
        """The area in pixels: the stated one, or that of the box."""
        if self.stated_area is not None:
            return self.stated_area
        left, top, right, bottom = self.box
        return max(0, right - left) * max(0, bottom - top)


def draw_label(
    shapes: Sequence[Shape], size: tuple[int, int], numbers: Mapping[str, int]
) -> np.ndarray:
    """Draw a label image of objects: smaller objects are above larger ones.

    Args:
        shapes (Sequence[Shape]): The objects of an image.
        size (tuple[int, int]): Width and height of the image.
        numbers (Mapping[str, int]): The number of each class, from 1; the background
            is 0.

    Returns:
        np.ndarray: uint8, (height, width); crowds are 255.
    """
    label = np.zeros(size[::-1], dtype=np.uint8)
    for shape in sorted(shapes, key=lambda shape: -shape.area):
        label[mask_of(shape, size)] = IGNORED if shape.crowd else numbers[shape.name]
    return label


def mask_of(shape: Shape, size: tuple[int, int]) -> np.ndarray:
    """Return the pixels of an object, as pycocotools draws them.

    Args:
        shape (Shape): The object.
        size (tuple[int, int]): Width and height of the image.

    Returns:
        np.ndarray: bool, (height, width).

    Raises:
        UserError: If a run-length encoding is of another size, or pycocotools is not
            installed and there is a mask.
    """
    if not shape.segmentation:
        mask = np.zeros(size[::-1], dtype=bool)
        left, top, right, bottom = (max(0, round(side)) for side in shape.box)
        mask[top:bottom, left:right] = True
        return mask
    return _decoded(shape.segmentation, size)


def _decoded(
    segmentation: Sequence[Sequence[float]] | Mapping[str, Any], size: tuple[int, int]
) -> np.ndarray:
    try:
        from pycocotools import mask as coco
    except ImportError as error:
        raise UserError(
            'drawing masks needs pycocotools: install it (pip install pycocotools).'
        ) from error
    width, height = size
    if isinstance(segmentation, Mapping):
        return _of_run_lengths(dict(segmentation), size, coco)
    polygons = [list(polygon) for polygon in segmentation if len(polygon) >= 6]
    if not polygons:
        return np.zeros((height, width), dtype=bool)
    encoded = coco.merge(coco.frPyObjects(polygons, height, width))
    return coco.decode(encoded).astype(bool)


def _of_run_lengths(
    encoding: dict[str, Any], size: tuple[int, int], coco: Any
) -> np.ndarray:
    width, height = size
    counts = encoding.get('counts')
    listed = isinstance(counts, list)
    if list(encoding.get('size', ())) != [height, width] or (
        listed and sum(counts) != width * height
    ):
        raise UserError(
            f'a mask of the annotations covers {encoding.get("size")} pixels (height, '
            f'width), but its image has {[height, width]}: correct the annotations.'
        )
    encoded = coco.frPyObjects(encoding, height, width) if listed else encoding
    return coco.decode(encoded).astype(bool)
