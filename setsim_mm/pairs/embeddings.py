"""Embeddings of images: in memory as float16, and from a file of another program."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from setsim_mm.datasets.image_lists import read_lines
from setsim_mm.utils.errors import UserError

ROWS = 2**14  # rows that are converted at a time


@dataclass(frozen=True)
class Embeddings:
    """L2-normalised embeddings of images.

    Args:
        names (Sequence[str]): Paths of the images in the image folder, K.
        features (Tensor): float16, on the CPU, (K, D).
    """

    names: Sequence[str]
    features: Tensor

    def __len__(self) -> int:
        return len(self.names)

    def part(self, indices: Sequence[int]) -> 'Embeddings':
        """Return the embeddings of some images."""
        chosen = torch.as_tensor(indices, dtype=torch.int64)
        return Embeddings([self.names[i] for i in indices], self.features[chosen])


def normalized_half(features: np.ndarray, where: str) -> Tensor:
    """Return features, L2-normalised in float32 and stored in float16.

    Args:
        features (np.ndarray): Numbers, (K, D). It may be mapped from a file: the rows
            are read in blocks.
        where (str): Origin of the features, for the error.

    Returns:
        Tensor: float16, (K, D).

    Raises:
        UserError: If a value is NaN or infinite.
    """
    half = torch.empty(features.shape, dtype=torch.float16)
    for start in range(0, len(features), ROWS):
        part = torch.from_numpy(
            np.array(features[start : start + ROWS], dtype=np.float32)
        )
        broken = ~part.isfinite().all(dim=1)
        if broken.any():
            row = start + int(broken.nonzero()[0])
            raise UserError(
                f'row {row} of {where} has NaN or infinite values: compute the '
                'embeddings again, with a network that has not diverged.'
            )
        half[start : start + ROWS] = F.normalize(part, dim=1).half()
    return half


def centered(features: Tensor) -> Tensor:
    """Return features minus their mean, L2-normalised again.

    After a ReLU all features are positive, and unrelated images have a cosine near 1.
    Without the mean it is near 0.

    Args:
        features (Tensor): L2-normalised, float16, (K, D).

    Returns:
        Tensor: float16, (K, D). A feature equal to the mean becomes zero.

    Examples:
        >>> centered(torch.tensor([[1.0, 0.0], [0.6, 0.8]]).half())
        tensor([[ 0.4473, -0.8945],
                [-0.4473,  0.8945]], dtype=torch.float16)
    """
    parts = features.split(ROWS)
    sums = torch.stack([part.double().sum(dim=0) for part in parts])
    mean = (sums.sum(dim=0) / len(features)).float()
    result = torch.empty_like(features)
    for part, target in zip(parts, result.split(ROWS), strict=True):
        target.copy_(F.normalize(part.float() - mean, dim=1))
    return result


def load_embeddings(path: str | os.PathLike) -> Embeddings:
    """Load embeddings from ``NAME.npy`` and the paths of their images.

    ``NAME.txt`` beside it has the path of one image on each line, relative to the image
    folder, in the order of the rows.

    Args:
        path (str | os.PathLike): The ``.npy`` file, (K, D). It is not unpickled.

    Returns:
        Embeddings: All of them, normalised.

    Raises:
        UserError: If a file is missing or damaged, the shape is not (K, D), the number
            of paths is not K, a path occurs twice, or a value is NaN or infinite.
    """
    where, listing = os.fspath(path), Path(path).with_suffix('.txt')
    for file in (Path(path), listing):
        if not file.is_file():
            raise UserError(
                f'there is no file {str(file)!r}: embeddings are NAME.npy, with the '
                'paths of the images in NAME.txt beside it.'
            )
    try:
        features = np.load(path, mmap_mode='r', allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise UserError(
            f'the embeddings {where!r} cannot be read ({error}): save an array of '
            'numbers with numpy.save.'
        ) from error
    if features.ndim != 2 or features.dtype.kind != 'f' or 0 in features.shape:
        raise UserError(
            f'the embeddings {where!r} are {features.dtype} of shape {features.shape}, '
            'but must be floats of shape (images, dimensions): save one row for each '
            'image.'
        )
    lines = (line.rstrip('\n') for line in read_lines(os.fspath(listing), 'utf-8'))
    names = [line for line in lines if line]
    if len(names) != len(features):
        raise UserError(
            f'{where!r} has {len(features)} rows, but {str(listing)!r} lists '
            f'{len(names)} images: write one path for each row.'
        )
    if len(set(names)) < len(names):
        raise UserError(
            f'{str(listing)!r} lists {len(names) - len(set(names))} images twice: '
            'write each path once.'
        )
    return Embeddings(names, normalized_half(features, repr(where)))
