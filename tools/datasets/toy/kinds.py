"""The six kinds of object in the toy data, and their appearance."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# Width of a texture's stripes, in pixels.
STRIPE = 4


class Kind(NamedTuple):
    """One kind of object.

    Args:
        colour: RGB.
        outline: Corners of a convex polygon in the unit square, x to the right and y
            down. It is scaled to the object's box.
        texture: Returns for each pixel (y, x) whether it is dark.
    """

    colour: tuple[int, int, int]
    outline: tuple[tuple[float, float], ...]
    texture: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _plain(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.zeros_like(y, dtype=bool)


def _rows(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return y // STRIPE % 2 == 1


def _columns(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return x // STRIPE % 2 == 1


def _checks(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return _rows(y, x) ^ _columns(y, x)


def _diagonals(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return (x + y) // STRIPE % 2 == 1


def _dots(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return _rows(y, x) & _columns(y, x)


_TURN = np.linspace(0, 2 * np.pi, 16, endpoint=False)
_ELLIPSE = tuple(zip(0.5 + 0.5 * np.cos(_TURN), 0.5 + 0.5 * np.sin(_TURN), strict=True))

# Convex outlines only, so that every row of pixels is one run (see coco.outline).
KINDS = {
    'person': Kind((205, 65, 60), _ELLIPSE, _plain),
    'car': Kind((40, 70, 215), ((0.25, 0), (0.75, 0), (1, 1), (0, 1)), _rows),
    'bus': Kind((230, 200, 40), ((0, 0), (1, 0), (1, 1), (0, 1)), _columns),
    'train': Kind(
        (150, 60, 190),
        ((0.25, 0), (0.75, 0), (1, 0.5), (0.75, 1), (0.25, 1), (0, 0.5)),
        _checks,
    ),
    'motorcycle': Kind((240, 130, 30), ((0.5, 0), (1, 1), (0, 1)), _dots),
    'bicycle': Kind(
        (40, 185, 80), ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)), _diagonals
    ),
}

# The background from top to bottom. 'void' has no label in any data set, like the
# bonnet of the car that recorded Cityscapes.
SURFACES = {
    'sky': (185, 210, 230),
    'building': (150, 130, 115),
    'road': (85, 85, 90),
    'void': (20, 20, 20),
}
