"""The box of a view: where in the original image the view was cut.

A box is (x1, y1, x2, y2), the place of the view's left, top, right and bottom edge
in the original image, divided by the original width and height. Edges are those of
pixels, not their centres: a crop of the columns left .. left + w - 1 of an image
that is W wide has x1 = left / W and x2 = (left + w) / W, and the whole image is
(0, 0, 1, 1). In a mirrored view the left edge lies right of the right edge: x1 > x2.
"""

Box = tuple[float, float, float, float]

WHOLE_IMAGE: Box = (0.0, 0.0, 1.0, 1.0)


def crop_box(
    box: Box,
    crop: tuple[float, float, float, float],
    image_size: tuple[int, int],
) -> Box:
    """Return the box of a crop of an image that itself has a box.

    Args:
        box: Box of the image that is cropped, mirrored or not.
        crop: Left, top, width and height of the crop in pixels of that image.
        image_size: Width and height of that image in pixels.

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
    """Return the box of the horizontally mirrored view: x1 and x2 change places."""
    x1, y1, x2, y2 = box
    return x2, y1, x1, y2
