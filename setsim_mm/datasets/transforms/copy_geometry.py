"""Heavy crops, borders, rotations and other aspects, for copy detection."""

from math import ceil

import cv2
import numpy as np

from setsim_mm.host import TRANSFORMS

from .copy_base import (
    CopyEdit,
    Range,
    check_range,
    color,
    integer,
    resize,
    uniform,
)


@TRANSFORMS.register_module()
class CopyHeavyCrop(CopyEdit):
    """Keep a part of the image, in its original resolution.

    Args:
        share: Minimum and maximum share of each side that is kept.
        prob: Probability that the image is changed.
    """

    def __init__(self, share: Range = (0.3, 0.8), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.share = check_range('share', share, 0.01, 1)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw the sides and the place."""
        height, width = (ceil(side * uniform(self.share)) for side in image.shape[:2])
        top = integer(0, image.shape[0] - height)
        left = integer(0, image.shape[1] - width)
        return image[top : top + height, left : left + width].copy()


@TRANSFORMS.register_module()
class CopyBorder(CopyEdit):
    """Add borders of one colour, each of another width.

    Args:
        share: Minimum and maximum width of a border, as a share of the side.
        prob: Probability that the image is changed.
    """

    def __init__(self, share: Range = (0.0, 0.4), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.share = check_range('share', share, 0, 2)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw four widths and a colour."""
        height, width = image.shape[:2]
        top, bottom, left, right = (
            round(side * uniform(self.share)) for side in (height, height, width, width)
        )
        return cv2.copyMakeBorder(
            image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=color()
        )


@TRANSFORMS.register_module()
class CopyRotation(CopyEdit):
    """Rotate the image; the corners that appear have one colour.

    Args:
        degrees: Minimum and maximum angle, counter-clockwise.
        prob: Probability that the image is changed.
    """

    def __init__(self, degrees: Range = (-45.0, 45.0), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.degrees = check_range('degrees', degrees, -360, 360)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw an angle and a colour; the whole image stays visible."""
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D(
            (width / 2, height / 2), uniform(self.degrees), 1.0
        )
        cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
        size = (
            ceil(width * cosine + height * sine - 1e-6),
            ceil(width * sine + height * cosine - 1e-6),
        )
        shift = size[0] - width, size[1] - height
        matrix[:, 2] = matrix[:, 2] + np.array(shift) / 2
        return cv2.warpAffine(
            image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=color()
        )


@TRANSFORMS.register_module()
class CopyAspect(CopyEdit):
    """Stretch the image along one side.

    Args:
        factor: Minimum and maximum factor of width / height, above 0.
        prob: Probability that the image is changed.
    """

    def __init__(self, factor: Range = (0.5, 2.0), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.factor = check_range('factor', factor, 0.05, 20)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw a factor; the number of pixels stays about the same."""
        root = uniform(self.factor) ** 0.5
        height, width = image.shape[:2]
        return resize(image, round(height / root), round(width * root))
