"""Decoding image files: the one place where bytes become RGB."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
import simplejpeg
from PIL import Image

from .boxes import WHOLE_IMAGE, Box, crop_box

# The formats of image_lists.IMAGE_SUFFIXES. PIL knows more, of which some start other
# programs (EPS) or hold images of another size than they say (ICO).
FORMATS = ('JPEG', 'PNG', 'GIF', 'BMP', 'PPM', 'TIFF', 'WEBP')
# PIL warns of more, for which 2 GB of memory can be needed.
MAX_PIXELS = 89_478_485


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a PIL image of any mode to 8-bit RGB.

    Same result as ``image.convert('RGB')``, which torchvision's ``ImageFolder``
    calls (grey is repeated, CMYK converted, an alpha channel dropped), but for 16-bit
    grey, which ``convert`` clips to white instead of scaling it.

    Raises:
        ValueError: For floating point images, whose white has no fixed value.
    """
    if image.mode == 'RGB':
        return image
    if image.mode == 'F':
        raise ValueError('a floating point image has no fixed white, save it as 8 bit')
    if image.mode.startswith('I'):
        # PIL has several modes for 16-bit grey: I;16, I;16B, and I for PGM. The high
        # byte is what PIL itself keeps of a 16-bit RGB file.
        grey = np.clip(np.asarray(image), 0, 65535) >> 8
        image = Image.fromarray(grey.astype(np.uint8))
    if image.mode == 'P' and 'transparency' in image.info:
        # The same colours as without the detour, and no warning from PIL.
        image = image.convert('RGBA')
    return image.convert('RGB')


@dataclass(frozen=True)
class DecodedImage:
    """The pixels of an image file, all of them or a reduction of the image.

    Args:
        pixels: uint8 array, HxWx3 in RGB.
        file_size: Width and height of the image in the file.
        reduction: Width, and height, in the file of what is one pixel here. What is
            left over at the right and the bottom is not in ``pixels``.
    """

    pixels: np.ndarray
    file_size: tuple[int, int]
    reduction: int = 1

    @property
    def box(self) -> Box:
        """Where in the original image the pixels lie."""
        height, width = self.pixels.shape[:2]
        covered = (0, 0, width * self.reduction, height * self.reduction)
        return crop_box(WHOLE_IMAGE, covered, self.file_size)


def decode_rgb(
    content: bytes,
    min_pixels: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> DecodedImage:
    """Decode the content of an image file, as RGB.

    The first frame of an animation is taken. The EXIF orientation is ignored, as it
    is by torchvision's ``ImageFolder``, with which ImageNet results are made. PIL's
    warnings are not shown: none of them names the file.

    Args:
        content: In one of :data:`FORMATS`, whatever the file is called.
        min_pixels: A JPEG file of colours or of grey may be decoded at 1/2, 1/4 or 1/8
            of its width and height, if that leaves this many pixels. Defaults to None,
            in whole.
        max_pixels: Pixels of the image in the file at most, reduced or not. A larger
            one is refused when only its header was read. Defaults to 89,478,485, where
            PIL warns. None: twice as many, where PIL refuses.

    Returns:
        The pixels that PIL gives.

    Raises:
        Exception: Of many kinds, from PIL, if the file is damaged, and ValueError if
            the image is larger than ``max_pixels``.
    """
    with warnings.catch_warnings():  # of the process: decode in one thread only
        warnings.simplefilter('ignore')
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return _decode(image, content, min_pixels, max_pixels)


def _decode(
    image: Image.Image, content: bytes, min_pixels: int | None, max_pixels: int | None
) -> DecodedImage:
    """Decode an image of which the header was read."""
    width, height = image.size
    if max_pixels is not None and width * height > max_pixels:
        raise ValueError(
            f'it has {width} x {height} pixels, more than max_pixels={max_pixels}'
        )
    if image.format == 'JPEG' and image.mode in ('RGB', 'L'):
        # PIL's own decoder, libjpeg-turbo, without PIL's detour over four bytes a
        # pixel. OpenCV has it as well, but takes truncated files for whole ones.
        try:
            return _decode_jpeg(content, image.size, min_pixels)
        except ValueError:
            pass  # Whether the file is too damaged to be read is PIL's to say.
    image.load()
    return DecodedImage(np.array(to_rgb(image)), image.size)


def _decode_jpeg(
    content: bytes, size: tuple[int, int], min_pixels: int | None
) -> DecodedImage:
    """Decode a JPEG file without damage, at the least width and height allowed."""
    width, height = size
    allowed = () if min_pixels is None else (8, 4, 2)
    reduction = next(
        (r for r in allowed if (width // r) * (height // r) >= min_pixels), 1
    )
    # libjpeg-turbo takes a part of each block's frequencies. Each pixel stands for
    # r x r of the file, and the numbers of rows and columns are rounded up.
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
