"""Images in whatever form a notebook has them."""

import os

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from setsim_mm.datasets import load_rgb
from setsim_mm.datasets.transforms.decoding import to_rgb

# A file, a PIL image, or uint8 pixels: (height, width, 3) in RGB, (height, width, 4)
# with transparency, (height, width) in grey.
ImageLike = str | os.PathLike | Image.Image | np.ndarray

# Photographs are reduced to this: of twice the size that networks are trained on, the
# positions are still few enough to compare each with each.
LONGEST_SHORTER_SIDE = 448
# Vision transformers take no sides but multiples of their patches.
MULTIPLE = 16


def as_image(image: ImageLike) -> Image.Image:
    """Read what may stand for an image.

    Args:
        image (ImageLike): A file, a PIL image or a uint8 array.

    Returns:
        Image.Image: In RGB.

    Raises:
        UnreadableImageError: If a file cannot be read.
        ValueError: If an array is no image.
    """
    if isinstance(image, Image.Image):
        return to_rgb(image)
    if not isinstance(image, np.ndarray):
        return load_rgb(os.fspath(image))
    is_image = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
    if image.dtype != np.uint8 or not is_image or image.size == 0:
        raise ValueError(
            'an array is an image if it is uint8 and (height, width, 3), but this one '
            f'is {image.dtype} and {image.shape}'
        )
    return to_rgb(Image.fromarray(image))


def resized(
    image: Image.Image, size: int | tuple[int, int] | None = None
) -> Image.Image:
    """Resize a whole image to sides that are multiples of 16.

    Args:
        image (Image.Image): Any.
        size (int | tuple[int, int], optional): The shorter side, or height and width,
            in pixels. Defaults to None, the image's own up to 448 for the shorter
            side.

    Returns:
        Image.Image: No side is shorter than 32 pixels.

    Raises:
        ValueError: If the size is below 1.
    """
    if size is None:
        size = min(*image.size, LONGEST_SHORTER_SIDE)
    if isinstance(size, int):
        scale = size / min(image.size)
        size = (image.height * scale, image.width * scale)
    if min(size) < 1:
        raise ValueError(f'the size of an image must be at least 1, but is {min(size)}')
    height, width = (max(2, round(side / MULTIPLE)) * MULTIPLE for side in size)
    if (width, height) == image.size:
        return image
    return image.resize((width, height), Image.Resampling.BICUBIC)


def as_batch(image: Image.Image) -> Tensor:
    """Give an image as a batch of one.

    Args:
        image (Image.Image): In RGB.

    Returns:
        Tensor: uint8, (1, 3, height, width).
    """
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].contiguous()
