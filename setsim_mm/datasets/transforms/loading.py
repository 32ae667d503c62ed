"""Decoding image files: the one place where a file becomes RGB."""

from io import BytesIO

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmselfsup.registry import TRANSFORMS
from PIL import Image, UnidentifiedImageError

from .boxes import WHOLE_IMAGE


class UnreadableImageError(ValueError):
    """A file that is missing, is no image, or is a damaged one."""


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


def load_rgb(path: str, backend_args: dict | None = None) -> Image.Image:
    """Read an image file as RGB.

    The first frame of an animation is taken. The EXIF orientation is ignored, as it
    is by torchvision's ``ImageFolder``, with which ImageNet results are made.

    Args:
        path: Path or URI of a file in any format that PIL reads.
        backend_args: What ``mmengine.fileio.get`` takes to read it. None: a file of
            this machine, or what the prefix of the URI says.

    Raises:
        UnreadableImageError: If the file is missing, is no image, is truncated or
            otherwise damaged, or has more pixels than PIL agrees to decode (twice
            ``PIL.Image.MAX_IMAGE_PIXELS``, 179 million).
    """
    try:
        with Image.open(BytesIO(fileio.get(path, backend_args))) as image:
            image.load()
            return to_rgb(image)
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


@TRANSFORMS.register_module()
class LoadRGBImage(BaseTransform):
    """Load an image file as a PIL image in RGB; see :func:`load_rgb`.

    Required Keys:

    - img_path

    Added Keys:

    - img (PIL.Image.Image)
    - ori_shape (height and width)
    - box (:obj:`WHOLE_IMAGE`)

    Args:
        backend_args: See :func:`load_rgb`.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load the image at ``results['img_path']``.

        Raises:
            UnreadableImageError: See :func:`load_rgb`.
        """
        image = load_rgb(results['img_path'], self.backend_args)
        results['img'] = image
        results['ori_shape'] = (image.height, image.width)
        results['box'] = WHOLE_IMAGE
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
