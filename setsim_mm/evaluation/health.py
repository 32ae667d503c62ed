"""Figures that fall when a representation collapses; they need no labels."""

import torch
from torch import Tensor
from torch.nn import functional as F


def effective_rank(features: Tensor) -> float:
    """Compute the effective rank of a matrix of features.

    It is the exponential of the entropy of the normalised singular values (RankMe,
    Garrido et al., ICML 2023, arXiv:2210.02885, Eq. 1): the rank if all singular values
    are equal, 1 if one of them has everything.

    Args:
        features (Tensor): (M, D).

    Returns:
        float: Between 1 and min(M, D); 1 for a matrix of zeros.

    Examples:
        >>> round(effective_rank(torch.eye(4)), 4)
        4.0
    """
    values = torch.linalg.svdvals(features.double())
    total = values.sum()
    if total == 0:
        return 1.0
    shares = values / total
    return torch.special.entr(shares).sum().exp().item()


def feature_deviation(features: Tensor) -> float:
    """Compute the standard deviation of L2-normalised features, averaged over channels.

    It is 1/√D for features that point in all directions alike, and 0 where all are the
    same (SimSiam, Chen and He, CVPR 2021, section 4.1).

    Args:
        features (Tensor): (M, D), of at least two samples.

    Returns:
        float: Not negative.
    """
    return F.normalize(features.double(), dim=1).std(dim=0, correction=0).mean().item()
