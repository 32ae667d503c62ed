"""The semantic sampler of SePP-ID (arXiv:2306.16122): pairs within a window.

An anchor's semantic positives are the images most similar to it whose similarity is at
least ``low``, to show the same kind of thing, and at most ``high``, to be no
near-duplicate. No label is used.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from setsim_mm.evaluation.neighbors import Search, neighbor_search
from setsim_mm.utils.errors import UserError

ROWS = 2**12  # anchors that are searched at a time
SPARE = 8  # neighbours beyond the wanted ones: the anchor itself and near-duplicates
FOUND = 2**24  # neighbours in memory at a time
Part = tuple[Tensor, Tensor, Tensor]  # anchors, positives, similarities


@dataclass(frozen=True)
class FoundPairs:
    """Semantic pairs by the indices of their images.

    Args:
        anchors (np.ndarray): int64, (P,), ascending.
        positives (np.ndarray): int64, (P,), never the anchor. Those of one anchor are
            in order of falling similarity; at equal similarity, of rising index.
        similarities (np.ndarray): Cosine similarities, float32, (P,).
        nearest (np.ndarray): Similarity of each image to the nearest other image,
            inside or outside the window, float32, (K,).
        low (float): Minimum similarity of the window.
    """

    anchors: np.ndarray
    positives: np.ndarray
    similarities: np.ndarray
    nearest: np.ndarray
    low: float

    def __len__(self) -> int:
        return len(self.anchors)


def check_window(low: float | None, high: float, per_anchor: int = 1) -> None:
    """Check the arguments of :func:`find_semantic_pairs` before images are encoded.

    Raises:
        UserError: If a number is out of range.
    """
    if not -1 <= (-1 if low is None else low) < high <= 1:
        raise UserError(
            f'the window from {low} to {high} is none: set --min and --max to '
            'cosines, -1 <= min < max <= 1.'
        )
    if per_anchor < 1:
        raise UserError(
            f'{per_anchor} positives for an anchor: ask for at least 1 with '
            '--per-anchor.'
        )


def find_semantic_pairs(
    features: Tensor,
    low: float | None,
    high: float,
    per_anchor: int = 1,
    search: str = 'torch',
    progress: bool = False,
) -> FoundPairs:
    """Find the semantic positives of every image among all the others, exactly.

    Args:
        features (Tensor): L2-normalised, float32 or float16, (K, D). They may be on a
            GPU for the search in torch.
        low (float, optional): Minimum cosine similarity. None: the median similarity
            of an image to the nearest other one.
        high (float): Maximum; more similar images are near-duplicates. 1 has no upper
            limit.
        per_anchor (int): Maximum number of positives of an anchor. Defaults to 1.
        search (str): See :func:`~setsim_mm.evaluation.neighbors.neighbor_search`.
            Defaults to ``'torch'``.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        FoundPairs: At least one pair.

    Raises:
        UserError: If a number is out of range, there are fewer than two images, or no
            similarity is within the window.

    Examples:
        >>> angles = torch.tensor([0.0, 0.1, 0.6, 2.0])
        >>> features = torch.stack([angles.cos(), angles.sin()], dim=1)
        >>> pairs = find_semantic_pairs(features, low=0.5, high=0.99)
        >>> list(zip(pairs.anchors.tolist(), pairs.positives.tolist()))
        [(0, 2), (1, 2), (2, 1)]
    """
    check_window(low, high, per_anchor)
    number = len(features)
    if number < 2:
        raise UserError(
            f'pairs need two images, but there are {number}: give more images.'
        )
    find = neighbor_search(features, search)
    blocks: Iterable[Tensor] = torch.arange(number, device=features.device).split(ROWS)
    if progress:
        blocks = track(list(blocks), 'neighbours')
    parts: list[Part] = []
    nearest = torch.empty(number)
    for rows in blocks:
        parts += _search(
            find, features, rows, -1 if low is None else low, high, per_anchor, nearest
        )
    found = [torch.cat(part) for part in zip(*parts, strict=True)]
    if low is None:
        low = float(nearest.median())
        inside = found[2] >= low
        found = [part[inside] for part in found]
    if not len(found[0]):
        seen = np.quantile(nearest.numpy(), [0, 0.5, 1])
        raise UserError(
            f'no similarity is between {low:.4g} and {high:.4g}: the nearest image of '
            f'an anchor has {seen[0]:.3f} to {seen[2]:.3f}, at the median '
            f'{seen[1]:.3f}; set --min and --max accordingly.'
        )
    order = found[0].argsort(stable=True)
    anchors, positives, similarities = (part[order].numpy() for part in found)
    return FoundPairs(anchors, positives, similarities, nearest.numpy(), low)


def _search(
    find: Search,
    features: Tensor,
    rows: Tensor,
    low: float,
    high: float,
    per_anchor: int,
    nearest: Tensor,
) -> Iterable[Part]:
    """Yield the pairs of some anchors, and note their ``nearest`` similarities.

    Anchors with more near-duplicates than neighbours asked for are searched again for
    four times as many.
    """
    k = per_anchor + SPARE
    first = True
    while len(rows):
        k = min(k, len(features))
        unfinished = []
        for part in rows.split(max(1, FOUND // k)):
            values, indices = _sorted(*find(features[part].float(), k))
            other = indices != part[:, None]
            if first:
                place = other.int().argmax(dim=1, keepdim=True)
                nearest[part.cpu()] = values.gather(1, place)[:, 0].cpu()
            inside = other & (values >= low) & (values <= high)
            rank = inside.cumsum(dim=1)
            chosen = inside & (rank <= per_anchor)
            # Images beyond the k nearest may equal the last one in similarity.
            last = values[:, -1:]
            settled = (chosen & (rank == per_anchor) & (values > last)).any(dim=1)
            done = settled | (last[:, 0] < low) | (k == len(features))
            anchor, column = (chosen & done[:, None]).nonzero(as_tuple=True)
            yield (
                part[anchor].cpu(),
                indices[anchor, column].cpu(),
                values[anchor, column].cpu(),
            )
            unfinished.append(part[~done])
        rows, k, first = torch.cat(unfinished), 4 * k, False


def _sorted(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Sort neighbours by falling similarity, and by rising index at equal similarity.

    float16 features have norms of 1 up to rounding: similarities are cut at 1.
    """
    values = values.clamp(-1, 1)
    by_index = indices.argsort(dim=1)
    values, indices = values.gather(1, by_index), indices.gather(1, by_index)
    by_value = values.argsort(dim=1, descending=True, stable=True)
    return values.gather(1, by_value), indices.gather(1, by_value)
