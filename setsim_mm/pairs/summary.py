"""Summary of pairs: similarities, and the share of one class beside chance."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .semantic import FoundPairs


@dataclass(frozen=True)
class PairSummary:
    """Numbers that describe sampled pairs.

    Args:
        images (int): Images that were searched, K.
        pairs (int): Pairs that were found.
        anchors (int): Images with a positive.
        similarity (tuple[float, float, float]): Minimum, median and maximum of the
            pairs' similarities.
        nearest (tuple[float, float, float]): 5 %, 50 % and 95 % quantile of the
            similarity of an image to the nearest other one.
        same_class (float, optional): Percentage of pairs of one class. Defaults to
            None, for images without class folders.
        chance (float, optional): Expected percentage if each positive were any other
            image. Defaults to None.
    """

    images: int
    pairs: int
    anchors: int
    similarity: tuple[float, float, float]
    nearest: tuple[float, float, float]
    same_class: float | None = None
    chance: float | None = None

    def __str__(self) -> str:
        low, median, high = self.similarity
        text = (
            f'{self.pairs} pairs of {self.anchors} anchors among {self.images} images, '
            f'similarity {low:.3f} to {high:.3f}, median {median:.3f} (nearest image: '
            f'{self.nearest[0]:.3f} to {self.nearest[2]:.3f} for 90 % of the images)'
        )
        if self.same_class is not None:
            text += (
                f'; {self.same_class:.2f} % of one class, chance {self.chance:.2f} %'
            )
        return text


def summarize_pairs(found: FoundPairs, names: Sequence[str]) -> PairSummary:
    """Summarize pairs.

    Args:
        found (FoundPairs): The pairs.
        names (Sequence[str]): Paths of the images in the image folder, K. If all are in
            subfolders, and there are at least two, the first folder is the class.

    Returns:
        PairSummary: The numbers.
    """
    classes = [name.split('/', 1)[0] if '/' in name else '' for name in names]
    sizes = Counter(classes)
    same_class = chance = None
    if '' not in sizes and len(sizes) > 1:
        labels = np.unique(classes, return_inverse=True)[1]
        anchors = labels[found.anchors]
        same_class = 100 * float((anchors == labels[found.positives]).mean())
        others = np.bincount(labels)[anchors] - 1
        chance = 100 * float(others.mean()) / (len(names) - 1)
    return PairSummary(
        images=len(names),
        pairs=len(found),
        anchors=len(np.unique(found.anchors)),
        similarity=_quantiles(found.similarities, 0, 0.5, 1),
        nearest=_quantiles(found.nearest, 0.05, 0.5, 0.95),
        same_class=same_class,
        chance=chance,
    )


def _quantiles(values: np.ndarray, *shares: float) -> tuple[float, float, float]:
    low, median, high = np.quantile(values, shares).tolist()
    return low, median, high
