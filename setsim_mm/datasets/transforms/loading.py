"""Load image files from any storage."""

import os
from collections.abc import Callable
from typing import TypeVar

from mmcv.transforms import BaseTransform
from mmengine.fileio import LocalBackend, get_file_backend
from PIL import Image, UnidentifiedImageError

from setsim_mm.host import TRANSFORMS
from setsim_mm.utils.printable import printable

from ..image_lists import IMAGE_SUFFIXES
from ..regular_files import MAX_IMAGE_BYTES, regular_file
from .decoding import FORMATS, MAX_PIXELS, DecodedImage, decode_rgb

Decoded = TypeVar('Decoded')


class UnreadableImageError(ValueError):
    """An image file that is missing, damaged, or not an image."""


def load_decoded(
    path: str,
    backend_args: dict | None = None,
    min_pixels: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> DecodedImage:
    """Load an image file as RGB.

    Args:
        path: Path or URI of a file in a format of :func:`decode_rgb`.
        backend_args: Arguments of mmengine's ``get_file_backend``. Defaults to None,
            the backend of the path's prefix, without one the local disk.
        min_pixels: See :func:`decode_rgb`.
        max_pixels: See :func:`decode_rgb`.

    Returns:
        The decoded image.

    Raises:
        UnreadableImageError: If the file is missing, not a regular file, larger than
            1 GiB, not an image, or damaged, or has more pixels than ``max_pixels`` or
            than PIL's limit (twice ``PIL.Image.MAX_IMAGE_PIXELS``, 179 million).
    """
    return load_file(
        path,
        backend_args,
        lambda content: decode_rgb(content, min_pixels, max_pixels),
    )


def load_file(
    path: str, backend_args: dict | None, decode: Callable[[bytes], Decoded]
) -> Decoded:
    """Read an image file and decode it.

    Args:
        path: See :func:`load_decoded`.
        backend_args: See :func:`load_decoded`.
        decode: Converts the content of the file. It may raise any error.

    Raises:
        UnreadableImageError: If the file cannot be read or decoded.
    """
    try:
        return decode(_read(path, backend_args))
    except MemoryError:
        raise  # not the file's fault
    except UnidentifiedImageError as error:
        reason = f'{path} is not an image that PIL reads as {", ".join(FORMATS)}'
        raise UnreadableImageError(printable(reason)) from error
    except Exception as error:
        # On damaged files PIL's decoders raise OSError, SyntaxError, ValueError,
        # EOFError, struct.error, DecompressionBombError and others.
        reason = f'cannot read the image {path} ({type(error).__name__}: {error})'
        raise UnreadableImageError(printable(reason)) from error


def _read(path: str, backend_args: dict | None) -> bytes:
    """Return the content of a file in any storage."""
    backend = get_file_backend(path, backend_args=backend_args, enable_singleton=True)
    if not isinstance(backend, LocalBackend):
        return backend.get(path)
    with open(path, 'rb', opener=regular_file) as file:
        if os.fstat(file.fileno()).st_size > MAX_IMAGE_BYTES:
            raise ValueError('the file is larger than 1 GiB')
        return file.read()


def load_rgb(path: str, backend_args: dict | None = None) -> Image.Image:
    """Load an image file as a PIL image in RGB; see :func:`load_decoded`."""
    return Image.fromarray(load_decoded(path, backend_args).pixels)


def check_limits(**limits: int | None) -> None:
    """Raise a ValueError that names a limit below 1; None is no limit."""
    for name, value in limits.items():
        if value is not None and value < 1:
            raise ValueError(f'{name} must be at least 1, not {value}')


@TRANSFORMS.register_module()
class LoadRGBImage(BaseTransform):
    """Load an image file as RGB; see :func:`load_decoded`.

    Required Keys:

    - img_path

    Added Keys:

    - img (uint8 array, HxWx3)
    - ori_shape (height and width in the file)
    - box (:obj:`WHOLE_IMAGE`, except for a few pixels at the edges of a reduced image)

    Args:
        backend_args: See :func:`load_decoded`.
        min_pixels: Large JPEG files are decoded at 1/2, 1/4 or 1/8 of their width and
            height if that leaves this many pixels, which is several times faster. The
            smallest crop should still have the pixels of a view. Defaults to None,
            always full size.
        max_pixels: Images with more pixels in the file are unreadable. See
            :func:`decode_rgb`.

    Raises:
        ValueError: If a number of pixels is below 1.
    """

    suffixes = IMAGE_SUFFIXES  # of the files that it reads
    channels = 3

    def __init__(
        self,
        backend_args: dict | None = None,
        min_pixels: int | None = None,
        max_pixels: int | None = MAX_PIXELS,
    ) -> None:
        check_limits(min_pixels=min_pixels, max_pixels=max_pixels)
        self.backend_args = backend_args
        self.min_pixels = min_pixels
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Load the image at ``results['img_path']``.

        Raises:
            UnreadableImageError: See :func:`load_decoded`.
        """
        image = load_decoded(
            results['img_path'], self.backend_args, self.min_pixels, self.max_pixels
        )
        width, height = image.file_size
        results['img'] = image.pixels
        results['ori_shape'] = (height, width)
        results['box'] = image.box
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(backend_args={self.backend_args}, '
            f'min_pixels={self.min_pixels}, max_pixels={self.max_pixels})'
        )
