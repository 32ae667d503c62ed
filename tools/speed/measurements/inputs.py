"""Random inputs of the set loss, with realistic correspondences."""

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms import RandomResizedCrop

from setsim_mm.models.matchers import GeometricMatcher
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.structures import ViewFeatures

RADIUS = 0.5  # configs/selfsup/_base_/matchers/set_geo_nn.py
SCALE = (0.2, 1.0)  # configs/selfsup/_base_/datasets/imagenet_mocov2_views.py
RATIO = (3 / 4, 4 / 3)  # RandomResizedCrop's default
SIDE = 448  # side of the square images in pixels


def loss_inputs(
    images: int,
    side: int,
    dim: int,
    length: int,
    correspondence: Tensor,
    device: str | torch.device = 'cpu',
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw the arguments of the set loss.

    Args:
        images (int): Images N.
        side (int): Rows and columns of both maps.
        dim (int): Dimension D of the projections.
        length (int): Negatives K.
        correspondence (Tensor): Bool, (N, side², side²).
        device (str | torch.device): Device of the results. Defaults to 'cpu'.

    Returns:
        tuple[Tensor, Tensor, Tensor, Tensor]: Query projections with gradient and key
        projections, (N, D, side, side); the correspondence; the negatives, (D, K), with
        the memory layout of the queue.
    """
    query, key = (F.normalize(torch.randn(images, dim, side, side)) for _ in range(2))
    negatives = FeatureQueue(dim, length).features
    query, key, correspondence, negatives = (
        tensor.to(device) for tensor in (query, key, correspondence, negatives)
    )
    return query.requires_grad_(), key, correspondence, negatives


def corresponding_sets(images: int, side: int, share: float) -> Tensor:
    """Pair all attended positions of two views, which are drawn at random.

    Args:
        images (int): Images N.
        side (int): Rows and columns of both maps.
        share (float): Share of a view's positions that are attended, at least one
            position.

    Returns:
        Tensor: Bool, (N, side², side²), with the same number of rows with positives in
        each image.
    """
    count = max(1, round(share * side**2))
    query, key = (
        torch.rand(images, side**2).argsort(dim=1).argsort(dim=1) < count
        for _ in range(2)
    )
    return query[:, :, None] & key[:, None, :]


def near_positions(images: int, side: int) -> Tensor:
    """Pair positions that show the same place in two MoCo-v2 views.

    Args:
        images (int): Images N.
        side (int): Rows and columns of both maps.

    Returns:
        Tensor: Bool, (N, side², side²).
    """
    maps = torch.empty(images, 1, side, side)
    views = (ViewFeatures(maps, random_boxes(images)) for _ in range(2))
    return GeometricMatcher(RADIUS)(*views)


def random_boxes(images: int) -> Tensor:
    """Draw the box of a MoCo-v2 view in each image, half of them flipped.

    Args:
        images (int): Images N.

    Returns:
        Tensor: (x1, y1, x2, y2) in units of the image, (N, 4).
    """
    image = torch.empty(1, SIDE, SIDE)
    boxes = []
    for flipped in (torch.rand(images) < 0.5).tolist():
        top, left, height, width = RandomResizedCrop.get_params(image, SCALE, RATIO)
        x = (left, left + width)
        (x1, x2) = reversed(x) if flipped else x
        boxes.append((x1, top, x2, top + height))
    return torch.tensor(boxes) / SIDE


def with_share(correspondence: Tensor, share: float) -> Tensor:
    """Remove the positives of random rows, so that at most a share of them has any.

    Args:
        correspondence (Tensor): Bool, (N, HWq, HWk).
        share (float): Maximum share of the N·HWq rows.

    Returns:
        Tensor: Bool, (N, HWq, HWk).
    """
    matched = correspondence.any(dim=2)  # N, HWq
    order = torch.rand(matched.shape).where(matched, 2.0).flatten().argsort().argsort()
    kept = order.view_as(matched) < round(share * matched.numel())
    return correspondence & kept[:, :, None]
