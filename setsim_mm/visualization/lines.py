"""Which pairs of a correspondence to join by a line: few, far apart, and real."""

import numpy as np
import torch
from torch import Tensor

from setsim_mm.models.matchers import geometric_distance

from .match import Match


def choose_pairs(
    match: Match, source: str, points: list[np.ndarray], count: int
) -> list[tuple[int, int]]:
    """Choose pairs of one source, of first positions that lie far apart.

    A first position with several partners is joined to the best one, that is the
    nearest by geometry and the most similar by any other source, preferably to one
    that no other line ends at. Of nearest neighbours those count that no earlier
    source has paired, and of set 1 if there is one.

    Args:
        match (Match): The correspondence.
        source (str): One of its parts.
        points (list[np.ndarray]): Where the positions of both views lie, (H*W, 2)
            each.
        count (int): How many pairs at most.

    Returns:
        list[tuple[int, int]]: Positions of the first and of the second view.

    Examples:
        >>> import torch
        >>> one = torch.ones(1, 1)
        >>> match = Match(
        ...     views=(), attention=(one, one), sets=(one > 0, one > 0),
        ...     parts={'attention': one > 0}, similarity=one)
        >>> choose_pairs(match, 'attention', [np.zeros((1, 2))] * 2, count=6)
        [(0, 0)]
    """
    mask = _candidates(match, source)
    quality = _quality(match, source).where(mask, -torch.inf).numpy().copy()
    firsts = mask.any(dim=1).nonzero()[:, 0].numpy()
    chosen = []
    for i in firsts[_spread(points[0][firsts], count)]:
        free = mask[i].numpy().copy()
        free[[j for _, j in chosen]] = False
        row = np.where(free, quality[i], -np.inf) if free.any() else quality[i]
        chosen.append((int(i), int(row.argmax())))
    return chosen


def _candidates(match: Match, source: str) -> Tensor:
    """The pairs to choose from, bool, (Hq*Wq, Hk*Wk)."""
    mask = match.parts[source]
    if source != 'nearest_neighbor':
        return mask
    for earlier, pairs in match.parts.items():
        if earlier != source:
            mask = mask & ~pairs
    first = match.sets[0].flatten()
    return mask & first[:, None] if first.any() else mask


def _quality(match: Match, source: str) -> Tensor:
    """How well a pair fits, (Hq*Wq, Hk*Wk)."""
    if source != 'geometry' or match.boxes is None:
        return match.similarity
    boxes = (box[None] for box in match.boxes)
    grids = (tuple(maps.shape) for maps in match.attention)
    (query_box, key_box), (query_grid, key_grid) = boxes, grids
    return -geometric_distance(query_box, query_grid, key_box, key_grid)[0]


def _spread(points: np.ndarray, count: int) -> list[int]:
    """Choose points far apart: the middle one, then always the farthest from those."""
    if len(points) == 0:
        return []
    chosen = []
    distance = -np.linalg.norm(points - points.mean(axis=0), axis=1)
    for _ in range(min(count, len(points))):
        chosen.append(int(distance.argmax()))
        to_chosen = np.linalg.norm(points - points[chosen[-1]], axis=1)
        distance = np.minimum(distance, to_chosen) if len(chosen) > 1 else to_chosen
    return chosen
