"""Image operations of the transforms, without random numbers.

The functions have the names and the meaning of those in
``torchvision.transforms.functional``, but operate on arrays, HxWxC, with OpenCV and
torch, several times faster than PIL. Each docstring has the difference from
torchvision's result on 8-bit PIL images, measured on photographs and checked by the
tests, in levels: the 256 steps of a channel.

Arrays are uint8, uint16 or float32, which the result is, too, and have any number of
channels, except where a function needs RGB. Integers are clipped to their range, floats
are not.
"""

from math import ceil

import cv2
import numpy as np
import torch
from torch.nn.functional import interpolate

# PIL truncates where OpenCV rounds. The offset is just below 0.5 to keep integers, such
# as the results of grey pixels.
DROP_FRACTION = -0.499


def resized_crop(
    image: np.ndarray,
    top: int,
    left: int,
    height: int,
    width: int,
    size: tuple[int, int],
    interpolation: str = 'bilinear',
) -> np.ndarray:
    """Crop and resize an image with antialiasing; within 1 level of PIL (bicubic: 2).

    torch resizes 8-bit channels-last images with the code of Pillow-SIMD. OpenCV lacks
    PIL's filters.

    Args:
        image: HxWxC.
        top: First row of the crop.
        left: First column of the crop.
        height: Rows of the crop.
        width: Columns of the crop.
        size: Height and width of the result.
        interpolation: 'bilinear' or 'bicubic'.

    Returns:
        A new array, size[0] x size[1] x C.
    """
    crop = image[top : top + height, left : left + width]
    if image.dtype == np.uint16:
        crop = crop.astype(np.float32)  # torch resizes no 16-bit integers
    part = torch.from_numpy(crop)
    channels_last = part[None].permute(0, 3, 1, 2)  # 1xCxHxW
    resized = interpolate(channels_last, size, mode=interpolation, antialias=True)
    values = np.ascontiguousarray(resized[0].permute(1, 2, 0).numpy())
    return _as_type(values, image.dtype)


def hflip(image: np.ndarray) -> np.ndarray:
    """Flip an image horizontally."""
    # OpenCV returns HxW for a single channel.
    return cv2.flip(image, 1).reshape(image.shape)


def adjust_brightness(image: np.ndarray, factor: float) -> np.ndarray:
    """Multiply all channels by a factor; within 1 level of torchvision."""
    if image.dtype != np.uint8:
        return _as_type(image * np.float32(factor), image.dtype)
    changed = cv2.convertScaleAbs(image, alpha=factor, beta=DROP_FRACTION)
    return changed.reshape(image.shape)


def adjust_contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend with the mean luma of an RGB image; within 1 level of torchvision.

    Without RGB, each channel is blended with its own mean: channels may have different
    units.
    """
    if image.shape[2] != 3:
        means = image.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)  # C
        blended = (image - means) * np.float32(factor) + means
        return _as_type(blended, image.dtype)
    mean = cv2.mean(_luma(image))[0]
    if image.dtype != np.uint8:
        blended = (image - np.float32(mean)) * np.float32(factor) + np.float32(mean)
        return _as_type(blended, image.dtype)
    shift = (1 - factor) * int(mean + 0.5) + DROP_FRACTION
    return cv2.addWeighted(image, factor, image, 0, shift)


def adjust_saturation(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend each pixel with its luma; below factor 2 within 1 level of torchvision.

    Brightness, contrast and saturation are linear, but one colour matrix cannot replace
    all three: each of them clips to 0 .. 255.

    Args:
        image: HxWx3 in RGB.
        factor: Weight of the image; the luma has 1 - factor.
    """
    gray = rgb_to_grayscale(image)
    if image.dtype == np.uint8:
        return cv2.addWeighted(image, factor, gray, 1 - factor, DROP_FRACTION)
    blended = image * np.float32(factor) + gray * np.float32(1 - factor)
    return _as_type(blended, image.dtype)


def adjust_hue(image: np.ndarray, factor: float) -> np.ndarray:
    """Shift the hue by a share of its circle; 0.7 levels from torchvision on average.

    Both convert to 8-bit HSV, but PIL's hue has 255 steps and this one 180. OpenCV's
    hue of 256 steps takes longer to convert back to RGB.

    Args:
        image: HxWx3 in RGB.
        factor: Share of the circle.
    """
    if image.dtype != np.uint8:
        hsv = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0] + np.float32(factor * 360)) % 360
        return _as_type(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), image.dtype)
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    turned = ((np.arange(256) + round(factor * 180)) % 180).astype(np.uint8)
    cv2.insertChannel(cv2.LUT(cv2.extractChannel(hsv, 0), turned), hsv, 0)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def rgb_to_grayscale(image: np.ndarray) -> np.ndarray:
    """Replace all channels of an RGB image by the luma; within 1 level of PIL."""
    return cv2.cvtColor(_luma(image), cv2.COLOR_GRAY2RGB)


def gaussian_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian kernel; 0.5 levels from PIL's blur on average.

    PIL approximates the Gaussian by three box filters and rounds after each.

    Args:
        image: HxWxC.
        sigma: Standard deviation in pixels; 0 returns a copy.
    """
    if sigma == 0:
        return image.copy()
    # OpenCV's GaussianBlur has the same kernel, but is slower.
    kernel = cv2.getGaussianKernel(2 * ceil(3 * sigma) + 1, sigma)
    # PIL repeats the pixels at the border; OpenCV's default reflects them.
    blurred = cv2.sepFilter2D(
        image, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE
    )
    return blurred.reshape(image.shape)


def _luma(image: np.ndarray) -> np.ndarray:
    """Return 0.299 R + 0.587 G + 0.114 B (ITU-R 601), HxW."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _as_type(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return numbers as another type: integers are rounded and clipped."""
    if values.dtype == dtype:
        return values
    if dtype.kind == 'u':
        values = np.clip(np.rint(values), 0, np.iinfo(dtype).max)
    return values.astype(dtype)
