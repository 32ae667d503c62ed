"""Boxes, labels and scores of MMDetection's data samples as NumPy arrays."""

from collections.abc import Mapping

import numpy as np


def boxes_of(instances: Mapping) -> np.ndarray:
    """Return boxes as ``x1, y1, x2, y2``.

    Args:
        instances (Mapping): With ``bboxes`` of N instances.

    Returns:
        np.ndarray: (N, 4), float64.
    """
    return array_of(instances['bboxes']).astype(float).reshape(-1, 4)


def array_of(values: object) -> np.ndarray:
    """Return a tensor on any device, or what is like an array, as an array."""
    return np.asarray(values.cpu() if hasattr(values, 'cpu') else values)
