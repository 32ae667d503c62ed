"""Load images with any number of channels, of 8 bits and more."""

import numpy as np
from mmcv.transforms import BaseTransform

from setsim_mm.host import TRANSFORMS
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import printable

from ..image_lists import CHANNEL_SUFFIXES
from .boxes import WHOLE_IMAGE
from .channel_decoding import decode_channels
from .decoding import MAX_PIXELS
from .loading import UnreadableImageError, check_limits, load_file


class ChannelsError(UserError):
    """An image with other channels, or other types of values, than the config has."""


def load_channels(
    path: str,
    channels: int | None = None,
    dtype: str | None = None,
    fill: float | None = None,
    backend_args: dict | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> np.ndarray:
    """Load an image file with all its channels.

    Args:
        path: Path or URI of a file in a format of :func:`.decode_channels`.
        channels: The number of channels that it must have. None: any.
        dtype: The type of its values that it must have, such as ``'uint16'``. None:
            any.
        fill: Value in the place of NaN and infinity. None: an image with such values
            is unreadable.
        backend_args: See :func:`~.loading.load_decoded`.
        max_pixels: Maximum number of pixels. None: no limit.

    Returns:
        HxWxN: uint8 if ``dtype`` is ``'uint8'``, otherwise float32 with the values of
        the file, not scaled.

    Raises:
        UnreadableImageError: If the file is missing, damaged or too large, or has
            values that are not finite.
        ChannelsError: If it has other channels or values of another type.
    """
    image = load_file(
        path, backend_args, lambda content: decode_channels(content, max_pixels)
    )
    if channels is not None and image.shape[2] != channels:
        raise ChannelsError(
            f'{printable(path)!r} has {count_of(image.shape[2])} and the config asks '
            f'for {channels}: set channels={image.shape[2]} if all images have them '
            '(tools/datasets/measure_mean_std.py checks that), or remove the file.'
        )
    if dtype is not None and image.dtype != dtype:
        raise ChannelsError(
            f'{printable(path)!r} has values of type {image.dtype} and the config asks '
            f'for {dtype}: save all images with one type, and set dtype to it.'
        )
    if dtype == 'uint8':
        return np.ascontiguousarray(image)
    return replace_not_finite(np.ascontiguousarray(image, dtype=np.float32), path, fill)


def replace_not_finite(values: np.ndarray, path: str, fill: float | None) -> np.ndarray:
    """Replace NaN and infinity.

    Args:
        values: Values of an image, of any shape.
        path: The file that they come from.
        fill: What replaces them. None: they are an error.

    Raises:
        UnreadableImageError: If there are such values and no value replaces them.
    """
    finite = np.isfinite(values)
    if finite.all():
        return values
    if fill is None:
        share = 1 - finite.mean()
        raise UnreadableImageError(
            f'{printable(path)} has values that are NaN or infinite ({share:.1%}); '
            'fill=0 of LoadChannels, or --fill 0, would replace them'
        )
    return np.where(finite, values, values.dtype.type(fill))


def count_of(number: int) -> str:
    """Return a number of channels in words, such as ``'1 channel'``."""
    return f'{number} channel{"s" if number > 1 else ""}'


@TRANSFORMS.register_module()
class LoadChannels(BaseTransform):
    """Load an image with N channels; see :func:`load_channels`.

    8-bit and 16-bit grey, RGB with 16 bits, TIFF files with several bands or pages, and
    NumPy arrays. Values are not scaled: the mean and the standard deviation of
    ``ChannelsDataPreprocessor`` are in the units of the file.

    Required Keys:

    - img_path

    Added Keys:

    - img (uint8 or float32 array, HxWxN)
    - ori_shape (height and width)
    - box (:obj:`WHOLE_IMAGE`)

    Args:
        channels: The number of channels of every image.
        dtype: The type of the values of every image. Defaults to None, any.
        fill: See :func:`load_channels`. Defaults to None.
        backend_args: See :func:`load_channels`. Defaults to None.
        max_pixels: See :func:`load_channels`. Defaults to 89,478,485.

    Raises:
        ValueError: If a number is below 1, or ``dtype`` is not a type of numbers.

    Examples:
        >>> load = LoadChannels(channels=8, dtype='uint16')
    """

    suffixes = CHANNEL_SUFFIXES  # of the files that it reads

    def __init__(
        self,
        channels: int,
        dtype: str | None = None,
        fill: float | None = None,
        backend_args: dict | None = None,
        max_pixels: int | None = MAX_PIXELS,
    ) -> None:
        check_limits(channels=channels, max_pixels=max_pixels)
        if dtype is not None and dtype not in _type_names():
            raise ValueError(
                f'dtype must be one of {", ".join(_type_names())}, not {dtype!r}'
            )
        self.channels = channels
        self.dtype = dtype
        self.fill = fill
        self.backend_args = backend_args
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Load the image at ``results['img_path']``.

        Raises:
            UnreadableImageError: See :func:`load_channels`.
            ChannelsError: See :func:`load_channels`.
        """
        image = load_channels(
            results['img_path'],
            self.channels,
            self.dtype,
            self.fill,
            self.backend_args,
            self.max_pixels,
        )
        results['img'] = image
        results['ori_shape'] = image.shape[:2]
        results['box'] = WHOLE_IMAGE
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(channels={self.channels}, dtype={self.dtype!r}, '
            f'fill={self.fill}, backend_args={self.backend_args}, '
            f'max_pixels={self.max_pixels})'
        )


def _type_names() -> list[str]:
    """Return the names of the types of numbers that image files have."""
    integers = [f'{sign}int{bits}' for sign in ('u', '') for bits in (8, 16, 32, 64)]
    return ['bool', *integers, 'float16', 'float32', 'float64']
