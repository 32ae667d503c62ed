"""The box of a view: its position in the original image.

A box is (x1, y1, x2, y2): the left, top, right and bottom edge of the view in the
original image, divided by its width and height. Edges are those of pixels, not their
centres: the crop of the columns left .. left + w - 1 of an image of width W has
x1 = left / W and x2 = (left + w) / W, and the whole image is (0, 0, 1, 1). A flipped
view has x1 > x2.

The boxes of a sample are in the coordinates of one image, that of its first view. A
view of another image has no place there: its box is :data:`OTHER_IMAGE`, NaN. Every
distance to it is NaN, which is below no radius, so geometry matches nothing.
"""

import math

Box = tuple[float, float, float, float]

WHOLE_IMAGE: Box = (0.0, 0.0, 1.0, 1.0)
OTHER_IMAGE: Box = (math.nan, math.nan, math.nan, math.nan)


def crop_box(
    box: Box,
    crop: tuple[float, float, float, float],
    image_size: tuple[int, int],
) -> Box:
    """Return the box of a crop of a view.

    Args:
        box: Box of the view, flipped or not.
        crop: Left, top, width and height of the crop in pixels of the view.
        image_size: Width and height of the view in pixels.

    Examples:
        >>> crop_box((0.0, 0.0, 1.0, 1.0), (50, 0, 100, 40), (200, 80))
        (0.25, 0.0, 0.75, 0.5)
    """
    x1, y1, x2, y2 = box
    left, top, width, height = crop
    image_width, image_height = image_size
    x_per_pixel = (x2 - x1) / image_width
    y_per_pixel = (y2 - y1) / image_height
    return (
        x1 + left * x_per_pixel,
        y1 + top * y_per_pixel,
        x1 + (left + width) * x_per_pixel,
        y1 + (top + height) * y_per_pixel,
    )


def flip_box(box: Box) -> Box:
    """Return the box of the horizontally flipped view, with x1 and x2 swapped."""
    x1, y1, x2, y2 = box
    return x2, y1, x1, y2
