"""Geometric matching: positions that show the same place in the original image."""

import torch
from torch import Tensor

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures

from .base import Matcher


def cell_centers(box: Tensor, grid: tuple[int, int]) -> Tensor:
    """Compute the centre of each position in the original image.

    Args:
        box (Tensor): (x1, y1, x2, y2) of each view, (N, 4). x1 > x2 in a flipped view,
            whose centres run from right to left.
        grid (tuple[int, int]): Rows and columns (H, W).

    Returns:
        Tensor: (x, y) of each centre in the units of the box, (N, H*W, 2), by rows.
    """
    rows, columns = grid
    x1, y1, x2, y2 = box.unbind(dim=1)  # N each
    along_x = (torch.arange(columns, device=box.device) + 0.5) / columns
    along_y = (torch.arange(rows, device=box.device) + 0.5) / rows
    x = x1[:, None] + (x2 - x1)[:, None] * along_x  # N, W
    y = y1[:, None] + (y2 - y1)[:, None] * along_y  # N, H
    x = x[:, None, :].expand(-1, rows, -1)
    y = y[:, :, None].expand(-1, -1, columns)
    return torch.stack([x, y], dim=3).flatten(1, 2)


def cell_diagonals(box: Tensor, grid: tuple[int, int]) -> Tensor:
    """Compute the length of a cell's diagonal in each view.

    Args:
        box (Tensor): (x1, y1, x2, y2) of each view, (N, 4).
        grid (tuple[int, int]): Rows and columns (H, W).

    Returns:
        Tensor: In the units of the box, (N,).
    """
    rows, columns = grid
    x1, y1, x2, y2 = box.unbind(dim=1)
    return torch.hypot((x2 - x1) / columns, (y2 - y1) / rows)


def geometric_distance(
    query_box: Tensor,
    query_grid: tuple[int, int],
    key_box: Tensor,
    key_grid: tuple[int, int],
) -> Tensor:
    """Compute the distances of two views' positions in the image, as in PixPro.

    Args:
        query_box (Tensor): Boxes of the query views, (N, 4).
        query_grid (tuple[int, int]): Rows and columns of the query map.
        key_box (Tensor): Boxes of the key views, (N, 4).
        key_grid (tuple[int, int]): Rows and columns of the key map.

    Returns:
        Tensor: Distances between centres in units of the larger cell diagonal of the
        two views, (N, Hq*Wq, Hk*Wk). NaN between views of different images, one of
        which has a box of NaN.
    """
    query_centers = cell_centers(query_box, query_grid)
    key_centers = cell_centers(key_box, key_grid)
    offsets = query_centers[:, :, None] - key_centers[:, None]  # N, HWq, HWk, 2
    unit = torch.maximum(
        cell_diagonals(query_box, query_grid), cell_diagonals(key_box, key_grid)
    )
    return torch.linalg.vector_norm(offsets, dim=3) / unit[:, None, None]


@MATCHERS.register_module()
class GeometricMatcher(Matcher):
    """*Geo* of Table 3: match positions that are close to each other in the image.

    Args:
        radius (float): Positives are closer than this, in units of the larger cell
            diagonal of the two views. Defaults to 0.5, the value in the name of the
            authors' run. The paper gives no value and cites PixPro, which uses 0.7.

    Raises:
        ValueError: If the radius is not positive.

    Examples:
        >>> import torch
        >>> from setsim_mm.structures import ViewFeatures
        >>> box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
        >>> view = ViewFeatures(torch.rand(1, 8, 2, 2), box)
        >>> GeometricMatcher()(view, view)[0].int()
        tensor([[1, 0, 0, 0],
                [0, 1, 0, 0],
                [0, 0, 1, 0],
                [0, 0, 0, 1]], dtype=torch.int32)
    """

    source = 'geometry'

    def __init__(self, radius: float = 0.5) -> None:
        super().__init__()
        if radius <= 0:
            raise ValueError(
                f'radius must be positive, but is {radius}: it is the distance, in '
                'cell diagonals, below which two positions are positives.'
            )
        self.radius = radius

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`.

        Raises:
            ValueError: If a view has no box.
        """
        if query.box is None or key.box is None:
            raise ValueError(
                'GeometricMatcher needs the boxes of both views: cut the views with '
                'RandomResizedCropWithBox and MultiViewWithBoxes and add '
                "'view_boxes' to the meta_keys of PackSelfSupInputs, or choose a "
                'matcher without geometry.'
            )
        distance = geometric_distance(query.box, query.grid, key.box, key.grid)
        return distance < self.radius  # False for NaN, between different images

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'radius={self.radius}'
