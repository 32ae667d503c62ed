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
    """Return an array from a tensor on any device or from an array-like object."""
    return np.asarray(values.cpu() if hasattr(values, 'cpu') else values)
