"""Loading image files, wherever they lie."""

from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmselfsup.registry import TRANSFORMS
from PIL import Image, UnidentifiedImageError

from .decoding import DecodedImage, decode_rgb


class UnreadableImageError(ValueError):
    """A file that is missing, is no image, or is a damaged one."""


def load_decoded(
    path: str, backend_args: dict | None = None, min_pixels: int | None = None
) -> DecodedImage:
    """Read an image file as RGB.

    Args:
        path: Of a file in any format that PIL reads; see :func:`decode_rgb`.
        backend_args: Where the file lies, for ``mmengine.fileio.get``. Defaults to
            None, what the path says, as a rule the local disk.
        min_pixels: See :func:`decode_rgb`.

    Returns:
        What the file holds.

    Raises:
        UnreadableImageError: If the file is missing, is no image, is truncated or
            otherwise damaged, or has more pixels than PIL agrees to decode (twice
            ``PIL.Image.MAX_IMAGE_PIXELS``, 179 million).
    """
    try:
        return decode_rgb(fileio.get(path, backend_args), min_pixels)
    except MemoryError:
        raise  # says something about the machine, not about the file
    except UnidentifiedImageError as error:
        raise UnreadableImageError(f'{path} is no image that PIL can read') from error
    except Exception as error:
        # On damaged files PIL's decoders raise OSError, SyntaxError, ValueError,
        # EOFError, struct.error, DecompressionBombError and others.
        reason = f'{type(error).__name__}: {error}'
        raise UnreadableImageError(
            f'cannot read the image {path} ({reason})'
        ) from error


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
    """

    def __init__(
        self, backend_args: dict | None = None, min_pixels: int | None = None
    ) -> None:
        if min_pixels is not None and min_pixels < 1:
            raise ValueError(f'min_pixels must be at least 1, not {min_pixels}')
        self.backend_args = backend_args
        self.min_pixels = min_pixels

    def transform(self, results: dict) -> dict:
        """Load the image at ``results['img_path']``.

        Raises:
            UnreadableImageError: See :func:`load_decoded`.
        """
        image = load_decoded(results['img_path'], self.backend_args, self.min_pixels)
        width, height = image.file_size
        results['img'] = image.pixels
        results['ori_shape'] = (height, width)
        results['box'] = image.box
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(backend_args={self.backend_args}, '
            f'min_pixels={self.min_pixels})'
        )
