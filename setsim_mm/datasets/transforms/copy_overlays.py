"""Overlays of text, shapes and other images, and screenshots, for copy detection."""

import os
from string import ascii_letters, digits

import cv2
import numpy as np

from setsim_mm.host import TRANSFORMS

from ..packed import images_in
from .copy_base import (
    CopyEdit,
    Range,
    check_range,
    color,
    integer,
    resize,
    uniform,
)
from .loading import UnreadableImageError, load_decoded

DRAWS = 10  # of another image before an error
LETTERS = f'{ascii_letters}{digits} !?#@&'
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def write_text(image: np.ndarray, height: float, place: tuple[int, int]) -> None:
    """Write random letters into an image.

    Args:
        image: HxWx3, changed in place.
        height: Height of the letters in pixels.
        place: x and y of the first letter's lower left corner.
    """
    text = ''.join(LETTERS[integer(0, len(LETTERS) - 1)] for _ in range(integer(3, 20)))
    scale = height / 22  # Hershey's capitals have about 22 pixels at scale 1
    thickness = max(1, round(2 * scale))
    font = FONTS[integer(0, len(FONTS) - 1)]
    cv2.putText(image, text, place, font, scale, color(), thickness, cv2.LINE_AA)


@TRANSFORMS.register_module()
class CopyTextOverlay(CopyEdit):
    """Write lines of random letters over the image.

    Args:
        lines: Least and largest number of lines.
        height: Minimum and maximum height of the letters, as a share of the image's.
        prob: Probability that the image is changed.
    """

    def __init__(
        self,
        lines: tuple[int, int] = (1, 4),
        height: Range = (0.05, 0.2),
        prob: float = 1.0,
    ) -> None:
        super().__init__(prob)
        self.lines = check_range('lines', lines, 1, 100)
        self.height = check_range('height', height, 0.01, 1)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw letters, fonts, colours and places."""
        image = image.copy()
        height, width = image.shape[:2]
        for _ in range(integer(*self.lines)):
            place = integer(0, width // 2), integer(0, height)
            write_text(image, height * uniform(self.height), place)
        return image


@TRANSFORMS.register_module()
class CopyShapeOverlay(CopyEdit):
    """Draw filled rectangles, ellipses and triangles over the image.

    Args:
        number: Least and largest number of shapes.
        size: Minimum and maximum size of a shape, as a share of the image's side.
        opacity: Minimum and maximum opacity.
        prob: Probability that the image is changed.
    """

    def __init__(
        self,
        number: tuple[int, int] = (1, 5),
        size: Range = (0.1, 0.4),
        opacity: Range = (0.5, 1.0),
        prob: float = 1.0,
    ) -> None:
        super().__init__(prob)
        self.number = check_range('number', number, 1, 100)
        self.size = check_range('size', size, 0.01, 1)
        self.opacity = check_range('opacity', opacity, 0, 1)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw shapes, colours and places."""
        image = image.copy()
        height, width = image.shape[:2]
        for _ in range(integer(*self.number)):
            with_shape = image.copy()
            x, y = integer(0, width), integer(0, height)
            across, down = (round(s * uniform(self.size)) for s in (width, height))
            corners = [(x, y), (x + across, y + down), (x - across, y + down)]
            kind = integer(0, 2)
            if kind == 0:
                cv2.rectangle(with_shape, corners[0], corners[1], color(), -1)
            elif kind == 1:
                axes = max(1, across // 2), max(1, down // 2)
                cv2.ellipse(with_shape, (x, y), axes, 0, 0, 360, color(), -1)
            else:
                cv2.fillPoly(with_shape, [np.array(corners, np.int32)], color())
            opacity = uniform(self.opacity)
            image = cv2.addWeighted(with_shape, opacity, image, 1 - opacity, 0)
        return image


@TRANSFORMS.register_module()
class CopyImageOverlay(CopyEdit):
    """Paste another image on the image, or the image on another one.

    Args:
        data_root: Folder of the other images.
        below: Probability that the image is pasted on the other one.
        size: Minimum and maximum size of the upper image, as a share of the sides of
            the lower one.
        opacity: Minimum and maximum opacity of the upper image.
        prob: Probability that the image is changed.
    """

    def __init__(
        self,
        data_root: str,
        below: float = 0.5,
        size: Range = (0.3, 0.7),
        opacity: Range = (0.8, 1.0),
        prob: float = 1.0,
    ) -> None:
        super().__init__(prob)
        self.data_root = data_root
        self.below = below
        self.size = check_range('size', size, 0.01, 1)
        self.opacity = check_range('opacity', opacity, 0, 1)
        self.others = images_in(os.path.expanduser(data_root)).found()

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw the other image and which of the two is below."""
        other = self.another()
        if uniform((0, 1)) < self.below:
            return self.pasted(image, other)
        return self.pasted(other, image)

    def another(self) -> np.ndarray:
        """Load one of the other images; an unreadable one is drawn again.

        Raises:
            UnreadableImageError: If several in a row are unreadable.
        """
        for _ in range(DRAWS - 1):
            try:
                return self._draw()
            except UnreadableImageError:
                continue
        return self._draw()

    def _draw(self) -> np.ndarray:
        return load_decoded(self.others[integer(0, len(self.others) - 1)]).pixels

    def pasted(self, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Return the lower image with the upper one at a random place."""
        result = lower.copy()
        height, width = (max(1, round(s * uniform(self.size))) for s in lower.shape[:2])
        top = integer(0, lower.shape[0] - height)
        left = integer(0, lower.shape[1] - width)
        part = result[top : top + height, left : left + width]
        opacity = uniform(self.opacity)
        part[:] = cv2.addWeighted(
            resize(upper, height, width), opacity, part, 1 - opacity, 0
        )
        return result


@TRANSFORMS.register_module()
class CopyScreenshot(CopyEdit):
    """Show the image in the drawn window of a program.

    Args:
        margin: Minimum and maximum margin on each side, as a share of the image's side.
        prob: Probability that the image is changed.
    """

    def __init__(self, margin: Range = (0.05, 0.5), prob: float = 1.0) -> None:
        super().__init__(prob)
        self.margin = check_range('margin', margin, 0.01, 2)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw the window: a bar with a title and buttons, and lines of text."""
        height, width = image.shape[:2]
        top, bottom = (max(8, round(height * uniform(self.margin))) for _ in range(2))
        left, right = (max(2, round(width * uniform(self.margin))) for _ in range(2))
        grey = 255 if integer(0, 1) else 30  # a light or a dark theme
        window = np.full(
            (top + height + bottom, left + width + right, 3), grey, np.uint8
        )
        bar = max(6, top // 2)
        window[:bar] = color()
        for button in range(3):
            center = (bar // 2 + button * bar, bar // 2)
            cv2.circle(window, center, max(1, bar // 4), color(), -1)
        write_text(window, bar / 2, (4 * bar, round(bar * 0.75)))
        line = max(6, bottom // 3)
        for y in range(top + height + line, len(window), line):
            write_text(window, line / 2, (left, y))
        window[top : top + height, left : left + width] = image
        return window
