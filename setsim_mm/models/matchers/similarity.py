"""Cosine similarity between the positions of two views, and nearest neighbours."""

import torch
from torch import Tensor
from torch.nn import functional as F


def cosine_similarity(query_map: Tensor, key_map: Tensor) -> Tensor:
    """Compute the cosine similarities of two views' positions: sim of Eq. 6.

    Args:
        query_map (Tensor): Features of the query view, (N, C, Hq, Wq).
        key_map (Tensor): Features of the key view, (N, C, Hk, Wk).

    Returns:
        Tensor: (N, Hq*Wq, Hk*Wk), in float32 at least, also under autocast. A position
        whose features are all zero has similarity 0 with all positions.
    """
    dtype = torch.promote_types(query_map.dtype, torch.float32)
    with torch.autocast(query_map.device.type, enabled=False):
        query = F.normalize(query_map.to(dtype).flatten(2), dim=1)  # N, C, HWq
        key = F.normalize(key_map.to(dtype).flatten(2), dim=1)  # N, C, HWk
        return query.transpose(1, 2) @ key


def nearest_neighbors(similarity: Tensor) -> Tensor:
    """Return the most similar key position of each query position: n_i of Eq. 6.

    Args:
        similarity (Tensor): (N, HWq, HWk).

    Returns:
        Tensor: Bool, (N, HWq, HWk), one True in each row.
    """
    nearest = similarity.argmax(dim=2, keepdim=True)
    mask = torch.zeros_like(similarity, dtype=torch.bool)
    return mask.scatter_(2, nearest, True)


def neighbors_of_matched(similarity: Tensor, correspondence: Tensor) -> Tensor:
    """Return the nearest neighbours of query positions with a positive: Eq. 7.

    Args:
        similarity (Tensor): (N, HWq, HWk).
        correspondence (Tensor): Bool, (N, HWq, HWk).

    Returns:
        Tensor: Bool, (N, HWq, HWk), one True in each row with a positive.
    """
    return nearest_neighbors(similarity) & correspondence.any(dim=2, keepdim=True)
