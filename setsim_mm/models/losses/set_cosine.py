"""The set-level cosine loss: SetSim without negatives, for SimSiam."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.host import MODELS

from .positions import check_maps, mean_over_images, rows_of


def set_cosine_loss(query: Tensor, key: Tensor, correspondence: Tensor) -> Tensor:
    """Compute the set-level cosine loss.

    For a query position i with positives P_i,

        L_i = -mean_{j∈P_i} cos(q_i, k_j),

    the cosine form of SetSim's Eq. 8 (section 3.3: "a contrastive or cosine similarity
    optimization function"). The loss of an image is the mean of L_i over its positions
    with a positive, 0 if there are none. The result is the mean over images.

    On maps of 1x1 with one positive this is SimSiam's loss of one direction.

    Args:
        query (Tensor): Predictions of the query view, normalised or not,
            (N, D, Hq, Wq).
        key (Tensor): Projections of the key view, normalised or not, (N, D, Hk, Wk).
            The caller detaches them.
        correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).

    Returns:
        Tensor: A scalar from -1 to 1, in float32 at least, also under autocast.

    Raises:
        ValueError: If shapes do not match.

    Examples:
        >>> import torch
        >>> maps = torch.rand(2, 8, 3, 3)
        >>> itself = torch.eye(9, dtype=torch.bool).expand(2, 9, 9)
        >>> round(set_cosine_loss(maps, maps, itself).item(), 4)
        -1.0
    """
    check_maps(query, key, correspondence)
    dtype = torch.promote_types(query.dtype, torch.float32)
    with torch.autocast(query.device.type, enabled=False):
        query = F.normalize(query.to(dtype).flatten(2), dim=1)  # N, D, HWq
        key = F.normalize(key.to(dtype).flatten(2), dim=1)  # N, D, HWk
        matched = correspondence.any(dim=2)  # N, HWq
        # On a GPU all rows are computed, since the CPU would wait for their number.
        image, position = rows_of(matched, query.device.type == 'cpu')  # R each

        positive = correspondence[image, position]  # R, HWk
        cosine = (query.transpose(1, 2) @ key)[image, position]  # R, HWk
        count = positive.sum(dim=1).clamp(min=1)  # R, 0 without a positive
        losses = -(cosine * positive).sum(dim=1) / count
        return mean_over_images(losses, image, position, matched)


@MODELS.register_module()
class SetCosineLoss(nn.Module):
    """:func:`set_cosine_loss` as a module."""

    def forward(self, query: Tensor, key: Tensor, correspondence: Tensor) -> Tensor:
        """See :func:`set_cosine_loss`."""
        return set_cosine_loss(query, key, correspondence)
