"""Base of the augmentations for copy detection, and draws from torch's generator.

They change images in the ways in which copies on the web differ from their source.
Images are uint8 arrays, HxWx3 in RGB; all random numbers come from torch's generator,
so that a sample depends on the seed, the epoch and its index only.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from setsim_mm.host import TRANSFORMS

from . import functional as F
from .boxes import WHOLE_IMAGE
from .photometric import RandomPhotometric

Range = tuple[float, float]


def uniform(bounds: Range) -> float:
    """Draw a number from [min, max]."""
    return torch.empty(1).uniform_(*bounds).item()


def integer(low: float, high: float) -> int:
    """Draw an integer from low to high, both included."""
    return int(torch.randint(int(low), int(high) + 1, (1,)))


def color() -> tuple[int, int, int]:
    """Draw a colour."""
    return tuple(torch.randint(256, (3,)).tolist())


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize an image with antialiasing."""
    size = max(1, height), max(1, width)
    rows, columns = image.shape[:2]
    return F.resized_crop(image, 0, 0, rows, columns, size)


class CopyEdit(RandomPhotometric):
    """Base of the augmentations for copy detection.

    Unlike a photometric transform, :meth:`change` may return an image of another size,
    and the box of the view is no longer valid.

    Args:
        prob: Probability that the image is changed. Defaults to 1.
    """

    def __init__(self, prob: float = 1.0) -> None:
        super().__init__(prob)


def check_range(name: str, bounds: Range, low: float, high: float) -> Range:
    """Return a range as a tuple.

    Raises:
        ValueError: If not ``low`` <= min <= max <= ``high``.
    """
    if len(bounds) != 2 or not low <= bounds[0] <= bounds[1] <= high:
        raise ValueError(
            f'{name} must be (min, max) within [{low}, {high}], not {bounds}'
        )
    minimum, maximum = bounds
    return minimum, maximum


@TRANSFORMS.register_module()
class RandomSubset(BaseTransform):
    """Apply some transforms, drawn without replacement, in random order.

    Args:
        transforms: Transforms or their configs.
        number: Least and largest number of transforms that are applied.

    Raises:
        ValueError: If there are fewer transforms.
    """

    def __init__(
        self,
        transforms: Sequence[dict | Callable[[dict], dict]],
        number: tuple[int, int] = (1, 3),
    ) -> None:
        check_range('number', number, 0, len(transforms))
        self.number = tuple(number)
        self.transforms = [
            TRANSFORMS.build(t) if isinstance(t, dict) else t for t in transforms
        ]

    def transform(self, results: dict) -> dict:
        """Draw the transforms and apply them."""
        order = torch.randperm(len(self.transforms))[: integer(*self.number)]
        for number in order.tolist():
            results = self.transforms[number](results)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.transforms}, number={self.number})'


@TRANSFORMS.register_module()
class ResizeWholeImage(BaseTransform):
    """Resize the whole image to a square; its aspect is not kept.

    A crop would remove what an edit has added at the borders.

    Args:
        size: Side in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def transform(self, results: dict) -> dict:
        """Resize ``results['img']``; the box is that of the whole image."""
        results['img'] = resize(results['img'], self.size, self.size)
        results['box'] = WHOLE_IMAGE
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'
