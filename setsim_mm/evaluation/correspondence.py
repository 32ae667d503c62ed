"""Correspondence precision of backbone features between two views, without labels.

A position of one view is counted if its centre lies inside the other view. It is a hit
if the most similar position of the other view (cosine of backbone features) shows the
same place of the image.
"""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass

import torch
from torch import Tensor, nn

from setsim_mm.models.matchers import (
    cell_centers,
    cosine_similarity,
    geometric_distance,
    nearest_neighbors,
)
from setsim_mm.structures import ViewFeatures
from setsim_mm.utils.module_modes import evaluation_mode

from .frozen_backbone import last_feature_map
from .view_pairs import ViewPairs

# A distance equal to the radius is a hit in spite of float32's rounding. Diagonal
# neighbours in views of one size are exactly one cell diagonal apart.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class CorrespondenceCount:
    """Counts for the precision and its chance level; counts can be added.

    Args:
        positions (float): Number of query positions with the centre inside the key
            view.
        hits (float): Number of them whose nearest neighbour shows the same place.
        chance_hits (float): Expected hits of random neighbours.

    Examples:
        >>> count = CorrespondenceCount(8, 6, 1.0) + CorrespondenceCount(2, 1, 0.5)
        >>> count.precision, count.chance
        (0.7, 0.15)
    """

    positions: float = 0.0
    hits: float = 0.0
    chance_hits: float = 0.0

    def __add__(self, other: 'CorrespondenceCount') -> 'CorrespondenceCount':
        pairs = zip(astuple(self), astuple(other), strict=True)
        return CorrespondenceCount(*(mine + others for mine, others in pairs))

    @property
    def precision(self) -> float:
        """Share of hits among the positions; NaN without overlapping views."""
        return self.hits / self.positions if self.positions else math.nan

    @property
    def chance(self) -> float:
        """Expected precision of random neighbours; NaN without overlapping views."""
        return self.chance_hits / self.positions if self.positions else math.nan


def centers_inside(
    query_box: Tensor, query_grid: tuple[int, int], key_box: Tensor
) -> Tensor:
    """Return the query positions whose centre lies inside the key view.

    Args:
        query_box (Tensor): Boxes of the query views, flipped or not, (N, 4).
        query_grid (tuple[int, int]): Rows and columns of the query map.
        key_box (Tensor): Boxes of the key views, flipped or not, (N, 4).

    Returns:
        Tensor: Bool, (N, Hq*Wq).
    """
    centers = cell_centers(query_box, query_grid)  # N, HWq, 2
    corners = key_box.view(-1, 2, 2)  # N, (first, second), (x, y)
    low, high = corners.amin(dim=1), corners.amax(dim=1)  # N, 2
    return ((centers >= low[:, None]) & (centers <= high[:, None])).all(dim=2)


def correspondence_precision(
    query: ViewFeatures, key: ViewFeatures, radius: float = 1.0
) -> CorrespondenceCount:
    """Count query positions whose nearest neighbour lies at the true place.

    Query positions with the centre inside the key view are counted. A position is a hit
    if the centre of its nearest neighbour among **all** key positions, by cosine
    similarity, is within ``radius`` of its own centre. The chance level is the share of
    key positions within the radius, averaged over the counted positions.

    Args:
        query (ViewFeatures): Features (N, C, Hq, Wq) and boxes of the query views.
        key (ViewFeatures): Features (N, C, Hk, Wk) and boxes of the key views.
        radius (float): Radius in units of the larger cell diagonal, see
            :func:`~setsim_mm.models.matchers.geometric_distance`. Defaults to 1.

    Returns:
        CorrespondenceCount: Counts over the batch; zero without overlap.

    Raises:
        ValueError: If a view has no box.

    Examples:
        >>> import torch
        >>> box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
        >>> view = ViewFeatures(torch.eye(16).view(1, 16, 4, 4), box)
        >>> correspondence_precision(view, view).precision
        1.0
    """
    if query.box is None or key.box is None:
        raise ValueError('correspondence precision needs the box of both views')
    counted = centers_inside(query.box, query.grid, key.box)  # N, HWq
    distance = geometric_distance(query.box, query.grid, key.box, key.grid)
    near = distance <= radius + TOLERANCE  # N, HWq, HWk
    similarity = cosine_similarity(query.feature_map, key.feature_map)
    hits = (nearest_neighbors(similarity) & near).any(dim=2)  # N, HWq
    chance = near.double().mean(dim=2)  # N, HWq
    return CorrespondenceCount(
        positions=float(counted.sum()),
        hits=float((hits & counted).sum()),
        chance_hits=float(chance[counted].sum()),
    )


@torch.no_grad()
def backbone_correspondence_precision(
    backbone: nn.Module,
    pairs: ViewPairs,
    preprocess: Callable[[list[Tensor]], list[Tensor]],
    batch_size: int = 32,
    radius: float = 1.0,
) -> CorrespondenceCount:
    """Compute the correspondence counts of a backbone on pairs of views.

    The backbone runs in evaluation mode. The mode of each module is restored.

    Args:
        backbone (nn.Module): A backbone that returns feature maps; the last one is
            used.
        pairs (ViewPairs): The views, see :func:`~.view_pairs.cut_view_pairs`.
        preprocess (Callable): Converts a batch's uint8 views, (N, 3, height, width)
            each, to the backbone's inputs on its device.
        batch_size (int): Images in a batch. Defaults to 32.
        radius (float): See :func:`correspondence_precision`. Defaults to 1.

    Returns:
        CorrespondenceCount: Counts over all pairs; each view is the query once.
    """
    count = CorrespondenceCount()
    with evaluation_mode(backbone):
        for batch in pairs.split(batch_size):
            views = []
            inputs = preprocess(list(batch.images))
            for images, box in zip(inputs, batch.boxes, strict=True):
                features = last_feature_map(backbone(images))
                views.append(ViewFeatures(features, box.to(features.device)))
            first, second = views
            count += correspondence_precision(first, second, radius)
            count += correspondence_precision(second, first, radius)
    return count
