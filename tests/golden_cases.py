"""The cases that the authors' program has answered (data/golden/README.md)."""

from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / 'data' / 'golden'
NUMBERS = (0, 1, 2)
COMBINATIONS = ('set', 'geo', 'set_geo', 'set_nn', 'set_geo_nn')


def golden_case(number: int) -> dict[str, torch.Tensor | float]:
    """Load a case: tensors, and plain numbers where the file holds scalars."""
    with np.load(FOLDER / f'author_code_case{number}.npz') as arrays:
        return {
            name: arrays[name].item() if arrays[name].ndim == 0
            else torch.from_numpy(arrays[name])
            for name in arrays.files
        }  # fmt: skip
