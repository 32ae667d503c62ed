"""Pixelation and JPEG artefacts, for copy detection."""

import cv2
import numpy as np

from setsim_mm.host import TRANSFORMS

from .copy_base import CopyEdit, Range, check_range, integer, resize, uniform


@TRANSFORMS.register_module()
class CopyPixelation(CopyEdit):
    """Replace blocks of pixels by one colour.

    Args:
        share: Minimum and maximum number of blocks along a side, as a share of its
            pixels.
        prob: Probability that the image is changed.
    """

    def __init__(self, share: Range = (0.1, 0.5), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.share = check_range('share', share, 0.01, 1)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw a share, reduce the image and enlarge it again."""
        height, width = image.shape[:2]
        share = uniform(self.share)
        small = resize(image, round(height * share), round(width * share))
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


@TRANSFORMS.register_module()
class CopyJPEG(CopyEdit):
    """Compress the image as JPEG and decode it.

    Args:
        quality: Minimum and maximum quality, from 1 to 100.
        prob: Probability that the image is changed.
    """

    def __init__(self, quality: Range = (5, 60), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.quality = check_range('quality', quality, 1, 100)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw a quality."""
        quality = [cv2.IMWRITE_JPEG_QUALITY, integer(*self.quality)]
        # OpenCV expects BGR; JPEG treats blue and red alike only in that order.
        _, file = cv2.imencode('.jpg', image[..., ::-1], quality)
        return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
