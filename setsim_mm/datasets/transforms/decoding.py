"""Decode image files to RGB."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
import simplejpeg
from PIL import Image

from .boxes import WHOLE_IMAGE, Box, crop_box

# The formats of image_lists.IMAGE_SUFFIXES. PIL supports more, but some start other
# programs (EPS) or have images of another size than their header (ICO).
FORMATS = ('JPEG', 'PNG', 'GIF', 'BMP', 'PPM', 'TIFF', 'WEBP')
# The limit above which PIL warns; such images may need 2 GB of memory.
MAX_PIXELS = 89_478_485


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a PIL image of any mode to 8-bit RGB.

    The result equals ``image.convert('RGB')`` of torchvision's ``ImageFolder`` (grey is
    repeated, CMYK converted, alpha dropped), except for 16-bit grey, which is scaled
    instead of clipped to white.

    Raises:
        ValueError: For floating point images, which have no defined white.
    """
    if image.mode == 'RGB':
        return image
    if image.mode == 'F':
        raise ValueError(
            'a floating point image has no defined white, save it as 8 bit'
        )
    if image.mode.startswith('I'):
        # 16-bit grey: I;16, I;16B, and I for PGM. PIL also keeps the high byte of a
        # 16-bit RGB file.
        grey = np.clip(np.asarray(image), 0, 65535) >> 8
        image = Image.fromarray(grey.astype(np.uint8))
    if image.mode == 'P' and 'transparency' in image.info:
        # Same colours, but without PIL's warning.
        image = image.convert('RGBA')
    return image.convert('RGB')


@dataclass(frozen=True)
class DecodedImage:
    """The pixels of an image file at full or reduced size.

    Args:
        pixels: uint8 array, HxWx3 in RGB.
        file_size: Width and height of the image in the file.
        reduction: Factor r between the sizes: a pixel stands for r x r pixels of the
            file. Remaining columns and rows at the right and bottom are cut off.
    """

    pixels: np.ndarray
    file_size: tuple[int, int]
    reduction: int = 1

    @property
    def box(self) -> Box:
        """Box of the pixels in the image of the file."""
        height, width = self.pixels.shape[:2]
        covered = (0, 0, width * self.reduction, height * self.reduction)
        return crop_box(WHOLE_IMAGE, covered, self.file_size)


def decode_rgb(
    content: bytes,
    min_pixels: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> DecodedImage:
    """Decode the content of an image file as RGB.

    Of an animation, the first frame is decoded. The EXIF orientation is ignored, as in
    torchvision's ``ImageFolder``, on which ImageNet results are based. PIL's warnings
    are suppressed, since they do not name the file.

    Args:
        content: Content in one of :data:`FORMATS`. The suffix of the file is not used.
        min_pixels: A JPEG file in RGB or grey is decoded at 1/2, 1/4 or 1/8 of its
            width and height if that leaves this many pixels. Defaults to None, full
            size.
        max_pixels: Maximum number of pixels in the file, reduced or not, checked after
            reading the header only. Defaults to 89,478,485, the limit above which PIL
            warns. None: twice as many, above which PIL raises an error.

    Returns:
        The decoded image, with the same pixels as PIL.

    Raises:
        Exception: Various types from PIL if the file is damaged; ValueError if the
            image is larger than ``max_pixels``.
    """
    with warnings.catch_warnings():  # not thread-safe: decode in one thread
        warnings.simplefilter('ignore')
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return _decode(image, content, min_pixels, max_pixels)


def _decode(
    image: Image.Image, content: bytes, min_pixels: int | None, max_pixels: int | None
) -> DecodedImage:
    """Decode an opened image."""
    width, height = image.size
    if max_pixels is not None and width * height > max_pixels:
        raise ValueError(
            f'it has {width} x {height} pixels, more than max_pixels={max_pixels}'
        )
    if image.format == 'JPEG' and image.mode in ('RGB', 'L'):
        # libjpeg-turbo, PIL's own decoder, without PIL's copy at four bytes per pixel.
        # OpenCV uses it, too, but accepts truncated files.
        try:
            return _decode_jpeg(content, image.size, min_pixels)
        except ValueError:
            pass  # PIL decides whether a damaged file is readable.
    image.load()
    return DecodedImage(np.array(to_rgb(image)), image.size)


def _decode_jpeg(
    content: bytes, size: tuple[int, int], min_pixels: int | None
) -> DecodedImage:
    """Decode an intact JPEG file at the smallest allowed size."""
    width, height = size
    least = width * height if min_pixels is None else min_pixels
    reduction = next((r for r in (8, 4, 2) if (width // r) * (height // r) >= least), 1)
    # libjpeg-turbo decodes a part of each block's frequencies, and rounds the numbers
    # of rows and columns up.
    pixels = simplejpeg.decode_jpeg(
        content,
        'RGB',
        min_height=-(-height // reduction),
        min_width=-(-width // reduction),
        min_factor=reduction,
        strict=True,
    )
    whole = pixels[: height // reduction, : width // reduction]
    return DecodedImage(whole, size, reduction)
