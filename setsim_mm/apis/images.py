"""Convert files, arrays and PIL images to the inputs of a model."""

import os
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from setsim_mm.datasets import LoadChannels

# A file, a PIL image, or uint8 pixels: (height, width, 3) in RGB, (height, width, 4)
# with transparency, (height, width) in grey. For a training on N channels, pixels are
# (height, width, N) with the values of the files.
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


def as_pixels(
    image: ImageLike, load: 'LoadChannels | None' = None
) -> Image.Image | np.ndarray:
    """Return an image as a training has it.

    Args:
        image (ImageLike): The image.
        load (LoadChannels, optional): The loader of a training on images with N
            channels. Defaults to None, RGB.

    Returns:
        Image.Image | np.ndarray: An RGB image; with a loader (height, width, N), uint8
        or float32.

    Raises:
        UnreadableImageError: If a file cannot be read.
        ChannelsError: If a file has other channels.
        ValueError: If an array is not an image, or has other channels.
    """
    if load is None:
        return as_image(image)
    if isinstance(image, str | os.PathLike):
        return load(dict(img_path=os.fspath(image)))['img']
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[..., None]
    is_image = array.ndim == 3 and array.shape[2] == load.channels and array.size > 0
    if not is_image or (load.dtype == 'uint8' and array.dtype != np.uint8):
        raise ValueError(
            f'an image array must be of shape (height, width, {load.channels}) with '
            f'the values of the files ({load.dtype or "any type"}), but this one is '
            f'{array.dtype} of shape {array.shape}'
        )
    return array if load.dtype == 'uint8' else array.astype(np.float32)


def resized(
    image: Image.Image | np.ndarray, size: int | tuple[int, int] | None = None
) -> Image.Image | np.ndarray:
    """Resize a whole image to sides that are multiples of 16.

    Args:
        image (Image.Image | np.ndarray): The image, from :func:`as_pixels`.
        size (int | tuple[int, int], optional): The shorter side, or height and width,
            in pixels. Defaults to None, the image's own size with a shorter side of at
            most 448.

    Returns:
        Image.Image | np.ndarray: The image with sides of at least 32 pixels.

    Raises:
        ValueError: If the size is below 1.
    """
    from setsim_mm.datasets.transforms.functional import resized_crop

    # Height and width.
    own = image.shape[:2] if isinstance(image, np.ndarray) else image.size[::-1]
    if size is None:
        size = min(*own, LONGEST_SHORTER_SIDE)
    sides: tuple[float, float]
    if isinstance(size, int):
        scale = size / min(own)
        sides = (own[0] * scale, own[1] * scale)
    else:
        sides = size
    if min(sides) < 1:
        raise ValueError(f'the size of an image must be at least 1, but is {size}')
    height, width = (max(2, round(side / MULTIPLE)) * MULTIPLE for side in sides)
    if (height, width) == own:
        return image
    if isinstance(image, np.ndarray):
        return resized_crop(image, 0, 0, own[0], own[1], (height, width), 'bicubic')
    return image.resize((width, height), Image.Resampling.BICUBIC)


def as_batch(image: Image.Image | np.ndarray) -> Tensor:
    """Return an image from :func:`as_pixels` as a batch, (1, N, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].contiguous()
