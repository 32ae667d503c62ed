"""Loading image files, wherever they lie."""

import os

from mmcv.transforms import BaseTransform
from mmengine.fileio import LocalBackend, get_file_backend
from PIL import Image, UnidentifiedImageError

from setsim_mm.host import TRANSFORMS
from setsim_mm.utils.printable import printable

from ..regular_files import MAX_IMAGE_BYTES, regular_file
from .decoding import FORMATS, MAX_PIXELS, DecodedImage, decode_rgb


class UnreadableImageError(ValueError):
    """A file that is missing, is no image, or is a damaged one."""


def load_decoded(
    path: str,
    backend_args: dict | None = None,
    min_pixels: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> DecodedImage:
    """Read an image file as RGB.

    Args:
        path: Of a file in any of the formats that :func:`decode_rgb` reads.
        backend_args: Where the file lies, for mmengine's ``get_file_backend``. Defaults
            to None, what the path says, as a rule the local disk.
        min_pixels: See :func:`decode_rgb`.
        max_pixels: See :func:`decode_rgb`.

    Returns:
        What the file holds.

    Raises:
        UnreadableImageError: If the file is missing, is no regular file, is larger
            than 1 GiB, is no image, is truncated or otherwise damaged, or has more
            pixels than ``max_pixels`` or than PIL agrees to decode (twice
            ``PIL.Image.MAX_IMAGE_PIXELS``, 179 million).
    """
    try:
        return decode_rgb(_read(path, backend_args), min_pixels, max_pixels)
    except MemoryError:
        raise  # says something about the machine, not about the file
    except UnidentifiedImageError as error:
        reason = f'{path} is no image that PIL can read as {", ".join(FORMATS)}'
        raise UnreadableImageError(printable(reason)) from error
    except Exception as error:
        # On damaged files PIL's decoders raise OSError, SyntaxError, ValueError,
        # EOFError, struct.error, DecompressionBombError and others.
        reason = f'cannot read the image {path} ({type(error).__name__}: {error})'
        raise UnreadableImageError(printable(reason)) from error


def _read(path: str, backend_args: dict | None) -> bytes:
    """Read a file from wherever it lies."""
    backend = get_file_backend(path, backend_args=backend_args, enable_singleton=True)
    if not isinstance(backend, LocalBackend):
        return backend.get(path)
    with open(path, 'rb', opener=regular_file) as file:
        if os.fstat(file.fileno()).st_size > MAX_IMAGE_BYTES:
            raise ValueError('the file is larger than 1 GiB')
        return file.read()


def load_rgb(path: str, backend_args: dict | None = None) -> Image.Image:
    """Read an image file as a PIL image in RGB; see :func:`load_decoded`."""
    return Image.fromarray(load_decoded(path, backend_args).pixels)


@TRANSFORMS.register_module()
class LoadRGBImage(BaseTransform):
    """Load an image file as RGB; see :func:`load_decoded`.

    Required Keys:

    - img_path

    Added Keys:

    - img (uint8 array, HxWx3)
    - ori_shape (height and width in the file)
    - box (:obj:`WHOLE_IMAGE`, but for a rim of a few pixels of a reduced image)

    Args:
        backend_args: Where the files lie, for ``mmengine.fileio.get``. Defaults to
            None, what their paths say, as a rule the local disk.
        min_pixels: Large JPEG files are decoded at 1/2, 1/4 or 1/8 of their width and
            height where that leaves this many pixels, which is several times faster.
            The smallest crop should still have the pixels of a view. Defaults to None,
            always in whole.
        max_pixels: Images of more pixels count as unreadable, which their headers are
            enough for. The size in the file counts, also for JPEG files that
            ``min_pixels`` would reduce. Defaults to 89,478,485, where PIL warns. None:
            twice as many, where PIL refuses.

    Raises:
        ValueError: If a number of pixels is below 1.
    """

    def __init__(
        self,
        backend_args: dict | None = None,
        min_pixels: int | None = None,
        max_pixels: int | None = MAX_PIXELS,
    ) -> None:
        for name, value in dict(min_pixels=min_pixels, max_pixels=max_pixels).items():
            if value is not None and value < 1:
                raise ValueError(f'{name} must be at least 1, not {value}')
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
