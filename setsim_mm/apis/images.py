"""Convert files, arrays and PIL images to the inputs of a model."""

import os

import numpy as np
import torch
from PIL import Image
from torch import Tensor

# A file, a PIL image, or uint8 pixels: (height, width, 3) in RGB, (height, width, 4)
# with transparency, (height, width) in grey.
ImageLike = str | os.PathLike | Image.Image | np.ndarray

# Larger images are reduced to this size: twice the training size, at which all pairs of
# positions can still be compared.
LONGEST_SHORTER_SIDE = 448
# Vision transformers need sides that are multiples of the patch size.
MULTIPLE = 16


def as_image(image: ImageLike) -> Image.Image:
    """Return an RGB image from a file, a PIL image or a uint8 array.

    Args:
        image (ImageLike): The image.

    Raises:
        UnreadableImageError: If a file cannot be read.
        ValueError: If an array is not an image.
    """
    from setsim_mm.datasets import load_rgb
    from setsim_mm.datasets.transforms.decoding import to_rgb

    if isinstance(image, Image.Image):
        return to_rgb(image)
    if not isinstance(image, np.ndarray):
        return load_rgb(os.fspath(image))
    is_image = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
    if image.dtype != np.uint8 or not is_image or image.size == 0:
        raise ValueError(
            'an image array must be uint8 of shape (height, width, 3), but this one is '
            f'{image.dtype} of shape {image.shape}'
        )
    return to_rgb(Image.fromarray(image))


def resized(
    image: Image.Image, size: int | tuple[int, int] | None = None
) -> Image.Image:
    """Resize a whole image to sides that are multiples of 16.

    Args:
        image (Image.Image): The image.
        size (int | tuple[int, int], optional): The shorter side, or height and width,
            in pixels. Defaults to None, the image's own size with a shorter side of at
            most 448.

    Returns:
        Image.Image: The image with sides of at least 32 pixels.

    Raises:
        ValueError: If the size is below 1.
    """
    if size is None:
        size = min(*image.size, LONGEST_SHORTER_SIDE)
    sides: tuple[float, float]
    if isinstance(size, int):
        scale = size / min(image.size)
        sides = (image.height * scale, image.width * scale)
    else:
        sides = size
    if min(sides) < 1:
        raise ValueError(f'the size of an image must be at least 1, but is {size}')
    height, width = (max(2, round(side / MULTIPLE)) * MULTIPLE for side in sides)
    if (width, height) == image.size:
        return image
    return image.resize((width, height), Image.Resampling.BICUBIC)


def as_batch(image: Image.Image) -> Tensor:
    """Return an RGB image as a batch, uint8 (1, 3, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].contiguous()
