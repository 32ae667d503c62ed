"""Objects as boxes, polygons or masks, and label images drawn from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from setsim_mm.evaluation.label_format import IGNORED
from setsim_mm.utils import UserError

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
    """

    name: str
    box: tuple[float, float, float, float]
    segmentation: Sequence[Sequence[float]] | Mapping[str, Any] | None = None
    crowd: bool = False

    @property
    def area(self) -> float:
        """The area of the box in pixels."""
        left, top, right, bottom = self.box
        return max(0, right - left) * max(0, bottom - top)


def draw_label(
    shapes: Sequence[Shape], size: tuple[int, int], numbers: Mapping[str, int]
) -> np.ndarray:
    """Draw a label image of objects: smaller boxes are above larger ones.

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
    """Return the pixels of an object.

    Args:
        shape (Shape): The object.
        size (tuple[int, int]): Width and height of the image.

    Returns:
        np.ndarray: bool, (height, width).

    Raises:
        UserError: If a run-length encoding cannot be read.
    """
    if isinstance(shape.segmentation, Mapping):
        return _decoded(shape.segmentation, size)
    if not shape.segmentation:
        mask = np.zeros(size[::-1], dtype=bool)
        left, top, right, bottom = (max(0, round(side)) for side in shape.box)
        mask[top:bottom, left:right] = True
        return mask
    canvas = Image.new('1', size)
    for polygon in shape.segmentation:
        if len(polygon) >= 6:  # three corners
            ImageDraw.Draw(canvas).polygon(list(polygon), fill=1)
    return np.asarray(canvas)


def _decoded(encoding: Mapping[str, Any], size: tuple[int, int]) -> np.ndarray:
    """Decode COCO's run lengths, which go down the columns, background first."""
    counts = encoding.get('counts')
    if isinstance(counts, str | bytes):
        try:
            from pycocotools.mask import decode
        except ImportError as error:
            raise UserError(
                'the masks are compressed run lengths, which need pycocotools: install '
                'it, or save polygons.'
            ) from error
        return decode(dict(encoding)).astype(bool)
    width, height = size
    if list(encoding.get('size', ())) != [height, width] or sum(counts) != (
        width * height
    ):
        raise UserError(
            f'a mask of the annotations covers {encoding.get("size")} pixels (height, '
            f'width), but its image has {[height, width]}: correct the annotations.'
        )
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(width, height).T
