"""Sizes of images from their headers."""

from pathlib import Path

from PIL import Image

from setsim_mm.utils.errors import UserError

ORIENTATION = 0x0112  # EXIF
TURNED = range(5, 9)  # orientations with rows and columns exchanged


def displayed_size(path: str | Path) -> tuple[int, int]:
    """Return width and height of an image as it is displayed and loaded.

    MMDetection and MMSegmentation turn images as their EXIF data state.

    Args:
        path (str | Path): The image file.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(ORIENTATION) in TURNED
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(
            f'the image {str(path)!r} cannot be read ({error}): replace or remove it.'
        ) from error
    return (height, width) if turned else (width, height)
