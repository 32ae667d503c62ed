"""Attention over positions, and the base of the matchers that select by it."""

import torch
from torch import Tensor

from setsim_mm.structures import ViewFeatures

from .base import Matcher


def spatial_attention(feature_map: Tensor, power: int = 1) -> Tensor:
    """Compute the attention of each position: Eq. 3 of SetSim.

    Args:
        feature_map (Tensor): Backbone features z, (N, C, H, W).
        power (int): 1 for the sum of |z| over channels (paper), 2 for the mean of z²
            (authors' program). Defaults to 1.

    Returns:
        Tensor: (N, H*W), in float32 at least.

    Raises:
        ValueError: If ``power`` is neither 1 nor 2.
    """
    if power not in (1, 2):
        raise ValueError(
            f"power must be 1 (sum of |z|, the paper) or 2 (mean of z², the authors' "
            f'program), but is {power}.'
        )
    # In half precision the squares overflow and the sum loses digits.
    dtype = torch.promote_types(feature_map.dtype, torch.float32)
    # In one pass, without a float32 copy of the map.
    norm = torch.linalg.vector_norm(feature_map, ord=power, dim=1, dtype=dtype)
    if power == 2:
        norm = norm.square() / feature_map.shape[1]
    return norm.flatten(1)


def attended_positions(attention: Tensor, threshold: float) -> Tensor:
    """Return the positions whose scaled attention reaches a threshold: Eq. 4 and 5.

    Args:
        attention (Tensor): (N, H*W).
        threshold (float): δ, between 0 and 1.

    Returns:
        Tensor: Bool, (N, H*W). At least the maximum of each image is True. On a
        constant map all positions are True.
    """
    low, high = attention.aminmax(dim=1, keepdim=True)
    span = high - low
    scaled = (attention - low) / span.where(span > 0, 1)
    return (scaled >= threshold) | (span == 0)


class AttentionMatcher(Matcher):
    """Base of the matchers that pair attended positions.

    Args:
        threshold (float): δ of Eq. 5, between 0 and 1. Defaults to 0.7 (paper,
            Figure 3).
        power (int): See :func:`spatial_attention`. Defaults to 1.

    Raises:
        ValueError: If the threshold lies outside [0, 1] or the power is unknown.
    """

    source = 'attention'

    def __init__(self, threshold: float = 0.7, power: int = 1) -> None:
        super().__init__()
        if not 0 <= threshold <= 1:
            raise ValueError(
                f'threshold must lie between 0 and 1, but is {threshold}: attention '
                'is scaled to that range.'
            )
        if power not in (1, 2):
            raise ValueError(f'power must be 1 or 2, but is {power}.')
        self.threshold = threshold
        self.power = power

    def attention(self, view: ViewFeatures) -> Tensor:
        """Return the attention of each position of a view, (N, H*W)."""
        return view.cached(
            ('attention', self.power),
            lambda: spatial_attention(view.feature_map, self.power),
        )

    def attended(self, view: ViewFeatures) -> Tensor:
        """Return the positions of a view that reach the threshold, bool, (N, H*W)."""
        return view.cached(
            ('attended', self.power, self.threshold),
            lambda: attended_positions(self.attention(view), self.threshold),
        )

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'threshold={self.threshold}, power={self.power}'
