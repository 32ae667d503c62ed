"""Three bands of an image with any number of channels, for pictures."""

import numpy as np
from torch import Tensor

# Darker and brighter values, in percent of the pixels, are black and white.
LOWEST, HIGHEST = 2, 98


def shown_bands(image: Tensor) -> np.ndarray:
    """Return the pixels that a picture shows of an image.

    8-bit images with three channels are returned as they are. Of other images, the
    first three channels are shown as red, green and blue, and of fewer than three the
    first one as grey, each stretched from its 2nd to its 98th percentile.

    Args:
        image (Tensor): uint8 or float32, (N, height, width).

    Returns:
        np.ndarray: uint8, (height, width, 3).

    Examples:
        >>> import torch
        >>> shown_bands(torch.arange(3.0).view(1, 1, 3))[..., 0]
        array([[  0, 127, 255]], dtype=uint8)
    """
    if image.dtype.itemsize == 1 and len(image) == 3:
        return image.permute(1, 2, 0).numpy()
    bands = image[:3] if len(image) >= 3 else image[:1].expand(3, -1, -1)
    values = bands.permute(1, 2, 0).numpy().astype(np.float64)
    low, high = np.percentile(values, (LOWEST, HIGHEST), axis=(0, 1))
    span = np.where(high > low, high - low, 1)
    return (255 * np.clip((values - low) / span, 0, 1)).astype(np.uint8)
