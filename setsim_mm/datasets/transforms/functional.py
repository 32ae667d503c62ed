"""What the transforms do to pixels, given the numbers that they have drawn.

The functions have the names and the meaning of those in
``torchvision.transforms.functional``, but take and give uint8 arrays, HxWx3 in RGB,
which OpenCV and torch work on several times faster than PIL does. How near the results
are to torchvision's on PIL images is said for each, measured on photographs, and
held by the tests; a level is one of the 256 steps of a channel.
"""

from math import ceil

import cv2
import numpy as np
import torch
from torch.nn.functional import interpolate

# PIL drops fractions where OpenCV rounds. What is less than 0.5 keeps whole numbers,
# such as all grey pixels give, from being rounded down.
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
    """Cut a part and resize it, antialiased; within 1 level of PIL (bicubic: 2).

    torch's resizing of 8-bit channels-last images is Pillow-SIMD's: the filters are
    those of PIL, which OpenCV does not have.

    Args:
        image: HxWx3.
        top: First row of the part.
        left: First column of the part.
        height: Rows of the part.
        width: Columns of the part.
        size: Height and width of the result.
        interpolation: 'bilinear' or 'bicubic'.

    Returns:
        A new array, size[0] x size[1] x 3.
    """
    part = torch.from_numpy(image[top : top + height, left : left + width])
    channels_last = part[None].permute(0, 3, 1, 2)  # 1x3xHxW
    resized = interpolate(channels_last, size, mode=interpolation, antialias=True)
    return np.ascontiguousarray(resized[0].permute(1, 2, 0).numpy())


def hflip(image: np.ndarray) -> np.ndarray:
    """Mirror an image left to right."""
    return cv2.flip(image, 1)


def adjust_brightness(image: np.ndarray, factor: float) -> np.ndarray:
    """Multiply all channels by a factor; within 1 level of torchvision."""
    return cv2.convertScaleAbs(image, alpha=factor, beta=DROP_FRACTION)


def adjust_contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend with the mean luma of the image; within 1 level of torchvision."""
    mean = int(cv2.mean(_luma(image))[0] + 0.5)
    shift = (1 - factor) * mean + DROP_FRACTION
    return cv2.addWeighted(image, factor, image, 0, shift)


def adjust_saturation(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend each pixel with its luma; below factor 2 within 1 level of torchvision.

    Brightness, contrast and saturation are linear, and one colour matrix would do all
    three. But each of them clips to 0 .. 255, which bright skies feel, and one matrix
    for what lies between two clippings saves too little to be worth it.
    """
    gray = rgb_to_grayscale(image)
    return cv2.addWeighted(image, factor, gray, 1 - factor, DROP_FRACTION)


def adjust_hue(image: np.ndarray, factor: float) -> np.ndarray:
    """Turn the colour circle by a share of it; 0.7 levels from torchvision on average.

    Both go through 8-bit hue, saturation and value, but PIL's circle has 255 steps
    and this one has 180. OpenCV has a circle of 256, too, from which the way back to
    RGB takes longer.
    """
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    turned = ((np.arange(256) + round(factor * 180)) % 180).astype(np.uint8)
    cv2.insertChannel(cv2.LUT(cv2.extractChannel(hsv, 0), turned), hsv, 0)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def rgb_to_grayscale(image: np.ndarray) -> np.ndarray:
    """Replace colours by their luma, in three equal channels; within 1 level of PIL."""
    return cv2.cvtColor(_luma(image), cv2.COLOR_GRAY2RGB)


def gaussian_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian kernel; 0.5 levels from PIL's blur on average.

    PIL approximates the Gaussian by three box filters, and rounds after each.

    Args:
        image: HxWx3.
        sigma: Standard deviation in pixels; 0 leaves the image as it is.
    """
    if sigma == 0:
        return image.copy()
    # OpenCV's GaussianBlur has the same kernel and takes longer.
    kernel = cv2.getGaussianKernel(2 * ceil(3 * sigma) + 1, sigma)
    # Beyond the border PIL repeats the outermost pixels. OpenCV's default mirrors.
    return cv2.sepFilter2D(image, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)


def _luma(image: np.ndarray) -> np.ndarray:
    """Give 0.299 R + 0.587 G + 0.114 B (ITU-R 601), HxW."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
