"""Decode TIFF files with any number of bands or pages."""

import io
from collections.abc import Sequence

import cv2
import numpy as np

# OpenCV decodes more compressions than tifffile without imagecodecs, but at most four
# samples for each pixel.
OPENCV_SAMPLES = 4


def decode_tiff(content: bytes, max_values: int) -> np.ndarray:
    """Decode a TIFF file; the bands, or the pages of one size, are the channels.

    Pages of another size or type than the first one, such as overviews, and masks are
    ignored. The photometric interpretation and geographic tags are not used.

    Args:
        content: Content of the file.
        max_values: Maximum number of values, pixels times channels.

    Returns:
        The values as they are in the file, HxWxN.

    Raises:
        Exception: Various types from tifffile if the file is damaged; ValueError if
            the image has no pixels, too many values, or a compression that needs
            another package.
    """
    import tifffile  # not at the top: RGB images are loaded without it

    # Neither the file's name nor files that it refers to are used.
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        pages = _image_pages(file.pages)
        page = pages[0]
        if not page.size or page.imagedepth != 1:
            raise ValueError(f'its pages have the shape {page.shape}, not one image')
        if page.size * len(pages) > max_values:
            raise ValueError(
                f'it has {page.size * len(pages)} values, more than {max_values}'
            )
        try:
            arrays = [_samples_last(each.asarray(), each.axes) for each in pages]
        except (KeyError, ValueError) as error:
            if 'imagecodecs' not in str(error):
                raise
            if page.samplesperpixel > OPENCV_SAMPLES:
                raise ValueError(
                    f'its compression {page.compression.name} needs the package '
                    'imagecodecs: install it, or save the images with DEFLATE'
                ) from error
            arrays = _decode_by_opencv(content, page.shape[:2], len(pages))
    return np.concatenate(arrays, axis=2)


def _image_pages(pages: Sequence) -> list:
    """Return the pages with the size and the type of the first one."""
    first = pages[0]
    return [
        page
        for page in pages
        if (page.shape, page.dtype) == (first.shape, first.dtype)
        and not (page.is_mask or page.is_reduced)
    ] or [first]


def _samples_last(array: np.ndarray, axes: str) -> np.ndarray:
    """Return an array with the axes YX, YXS or SYX as HxWxS."""
    if axes == 'YX':
        return array[..., None]
    if axes == 'SYX':
        return array.transpose(1, 2, 0)
    if axes != 'YXS':
        raise ValueError(f'its pages have the axes {axes}, not those of an image')
    return array


def _decode_by_opencv(
    content: bytes, size: tuple[int, int], number: int
) -> list[np.ndarray]:
    """Decode all pages, HxWxS each, and check that none is missing."""
    buffer = np.frombuffer(content, np.uint8)
    whole, pages = cv2.imdecodemulti(buffer, cv2.IMREAD_UNCHANGED)
    arrays = [rgb_order(page) for page in pages if page.shape[:2] == size]
    if not whole or len(arrays) != number:
        raise ValueError('its pages cannot be decoded')
    return arrays


def rgb_order(image: np.ndarray) -> np.ndarray:
    """Return OpenCV's grey, BGR or BGRA image as HxWxN with the red channel first."""
    if image.ndim == 2:
        return image[..., None]
    if image.shape[2] == 3:
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    if image.shape[2] == 4:
        return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)
    return image
