"""Decode image files without a change of their channels and values."""

import io
import warnings

import cv2
import numpy as np
from PIL import Image

from .decoding import FORMATS, MAX_PIXELS
from .tiff_decoding import decode_tiff, rgb_order

MAX_CHANNELS = 512  # OpenCV's limit
# Pixels times channels: 1 GB in float32.
MAX_VALUES = 3 * MAX_PIXELS
NPY = b'\x93NUMPY'
TIFF = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')


def decode_channels(
    content: bytes, max_pixels: int | None = MAX_PIXELS, max_values: int = MAX_VALUES
) -> np.ndarray:
    """Decode the content of an image file with all its channels.

    The format is detected automatically: one of :data:`~.decoding.FORMATS`, or a NumPy
    array (``.npy``), HxW, HxWxN or NxHxW, in which the shorter one of the first and the
    last axis has the channels. The EXIF orientation is ignored. Of an animation, the
    first frame is decoded; the pages of a TIFF file are channels, see
    :func:`~.tiff_decoding.decode_tiff`.

    Args:
        content: Content of the file.
        max_pixels: Maximum number of pixels. Defaults to 89,478,485. None: no limit.
        max_values: Maximum number of pixels times channels. Defaults to three times
            that number.

    Returns:
        The values as they are in the file, HxWxN: uint8, uint16, float32 or another
        type of numbers. A colour image has red, green and blue in this order.

    Raises:
        Exception: Various types if the file is damaged; ValueError if the image is too
            large, or its values are not real numbers.
    """
    if content.startswith(NPY):
        image = _decode_npy(content, max_values)
    elif content.startswith(TIFF):
        image = decode_tiff(content, max_values)
    else:
        image = _decode_picture(content, max_values)
    height, width, channels = image.shape
    if max_pixels is not None and width * height > max_pixels:
        raise ValueError(
            f'it has {width} x {height} pixels, more than max_pixels={max_pixels}'
        )
    if channels > MAX_CHANNELS:
        raise ValueError(f'it has {channels} channels, more than {MAX_CHANNELS}')
    if image.dtype.kind not in 'buif':
        raise ValueError(f'its values are of type {image.dtype}, not real numbers')
    return image


def _decode_npy(content: bytes, max_values: int) -> np.ndarray:
    """Decode a NumPy array, which cannot execute code, as HxWxN."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, _, _ = read_header(file)
    if len(shape) not in (2, 3) or 0 in shape:
        raise ValueError(f'its shape is {shape}, not (height, width, channels)')
    if np.prod(shape, dtype=object) > max_values:
        raise ValueError(f'its shape is {shape}, more than {max_values} values')
    array = np.load(io.BytesIO(content), allow_pickle=False)
    array = array.astype(array.dtype.newbyteorder('='), copy=False)
    if array.ndim == 2:
        return array[..., None]
    return array if shape[2] <= shape[0] else array.transpose(1, 2, 0)


def _decode_picture(content: bytes, max_values: int) -> np.ndarray:
    """Decode a file of another format, HxWxN."""
    with warnings.catch_warnings():  # not thread-safe: decode in one thread
        warnings.simplefilter('ignore')
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            # The header is checked before memory is allocated.
            if image.width * image.height * len(image.getbands()) > max_values:
                raise ValueError(f'it has more than {max_values} values')
            image.load()  # raises an error for truncated files, which OpenCV accepts
            if image.format not in ('PNG', 'PPM'):
                whole = image.convert('RGB') if image.mode in 'P1' else image
                array = np.asarray(whole)
                return array[..., None] if array.ndim == 2 else array
    # PIL reduces 16-bit colours to 8 bits.
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ValueError('it cannot be decoded')
    return rgb_order(decoded)
