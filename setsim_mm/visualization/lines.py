"""Choose the pairs of a correspondence that a picture shows as lines."""

import numpy as np
import torch
from torch import Tensor

from setsim_mm.models.matchers import geometric_distance

from .match import Match


def choose_pairs(
    match: Match, source: str, points: list[np.ndarray], count: int
) -> list[tuple[int, int]]:
    """Choose pairs of one source whose positions in the first view are far apart.

    A position with several partners is paired with the best one, if possible without
    another line: the nearest one for geometry, the most similar one for other sources.
    For nearest neighbours, pairs of earlier sources are left out, and positions outside
    of set 1 if there is a set.

    Args:
        match (Match): The correspondence.
        source (str): One of its parts.
        points (list[np.ndarray]): Coordinates of the positions of both views, (H*W, 2)
            each.
        count (int): Largest number of pairs.

    Returns:
        list[tuple[int, int]]: Positions in the first and the second view.

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
    """Return the pairs to choose from, bool, (Hq*Wq, Hk*Wk)."""
    mask = match.parts[source]
    if source != 'nearest_neighbor':
        return mask
    for earlier, pairs in match.parts.items():
        if earlier != source:
            mask = mask & ~pairs
    first = match.sets[0].flatten()
    return mask & first[:, None] if first.any() else mask


def _quality(match: Match, source: str) -> Tensor:
    """Return a score for each pair, (Hq*Wq, Hk*Wk)."""
    if source != 'geometry' or match.boxes is None:
        return match.similarity
    boxes = (box[None] for box in match.boxes)
    grids = (tuple(maps.shape) for maps in match.attention)
    (query_box, key_box), (query_grid, key_grid) = boxes, grids
    return -geometric_distance(query_box, query_grid, key_box, key_grid)[0]


def _spread(points: np.ndarray, count: int) -> list[int]:
    """Choose the middle point, then repeatedly the farthest from the chosen ones."""
    if len(points) == 0:
        return []
    chosen = []
    distance = -np.linalg.norm(points - points.mean(axis=0), axis=1)
    for _ in range(min(count, len(points))):
        chosen.append(int(distance.argmax()))
        to_chosen = np.linalg.norm(points - points[chosen[-1]], axis=1)
        distance = np.minimum(distance, to_chosen) if len(chosen) > 1 else to_chosen
    return chosen
