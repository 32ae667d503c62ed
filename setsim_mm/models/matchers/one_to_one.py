"""Pixel-to-pixel matching of attended positions: Random, Sort and Hungarian."""

import torch
from torch import Tensor

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures

from .attention import AttentionMatcher
from .similarity import cosine_similarity


def pair_in_order(query_order: Tensor, key_order: Tensor, counts: Tensor) -> Tensor:
    """Pair the i-th position of one order with the i-th position of the other.

    Args:
        query_order (Tensor): Query positions in order, (N, HWq).
        key_order (Tensor): Key positions in order, (N, HWk).
        counts (Tensor): Number of pairs of each image, (N,).

    Returns:
        Tensor: Bool, (N, HWq, HWk), at most one True in each row and column.
    """
    images, query_positions = query_order.shape
    key_positions = key_order.shape[1]
    length = min(query_positions, key_positions)
    rank = torch.arange(length, device=query_order.device)
    mask = query_order.new_zeros(
        (images, query_positions, key_positions), dtype=torch.bool
    )
    image = torch.arange(images, device=query_order.device)[:, None]
    mask[image, query_order[:, :length], key_order[:, :length]] = rank < counts[:, None]
    return mask


class OneToOneMatcher(AttentionMatcher):
    """Base of the matchers that pair positions one to one.

    Of m attended query and n attended key positions, the min(m, n) with the most
    attention are kept on each side.

    Args:
        threshold (float): δ of Eq. 5. Defaults to 0.7.
        power (int): 1 (paper) or 2 (authors' program). Defaults to 1.
    """

    def by_attention(
        self, query: ViewFeatures, key: ViewFeatures
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Sort both views' positions by attention and count those to keep.

        Returns:
            tuple[Tensor, Tensor, Tensor]: Query positions (N, HWq) and key positions
            (N, HWk) from most to least attention, and the number of pairs (N,).
        """
        # A stable sort orders ties, as on constant maps, the same way on all devices.
        query_order, key_order = (
            self.attention(view).argsort(dim=1, descending=True, stable=True)
            for view in (query, key)
        )
        counts = [self.attended(view).sum(1) for view in (query, key)]
        return query_order, key_order, torch.minimum(*counts)


@MATCHERS.register_module()
class SortMatcher(OneToOneMatcher):
    """*Sort* of Table 2: pair attended positions of equal rank in attention."""

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        return pair_in_order(*self.by_attention(query, key))


@MATCHERS.register_module()
class RandomMatcher(OneToOneMatcher):
    """*Random* of Table 2: pair attended positions at random, one to one."""

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        query_order, key_order, counts = self.by_attention(query, key)
        # Draws below 1 permute the kept keys; the others follow in order of rank.
        rank = torch.arange(key_order.shape[1], device=key_order.device)
        kept = rank < counts[:, None]
        draw = torch.rand(key_order.shape, device=key_order.device)
        shuffle = torch.where(kept, draw, 1.0 + rank).argsort(dim=1)
        return pair_in_order(query_order, key_order.gather(1, shuffle), counts)


@MATCHERS.register_module()
class HungarianMatcher(OneToOneMatcher):
    """*Hungarian* of Table 2: the one-to-one pairs of least total cosine distance.

    The distance is computed on the backbone features z. The assignment is scipy's; it
    runs on the CPU and on the kept positions only.
    """

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        from scipy.optimize import linear_sum_assignment

        query_order, key_order, counts = self.by_attention(query, key)
        similarity = cosine_similarity(query.feature_map, key.feature_map)
        # Rows and columns by attention: the kept positions are the top left block.
        image = torch.arange(len(similarity), device=similarity.device)[:, None, None]
        ordered = similarity[image, query_order[:, :, None], key_order[:, None, :]]

        shuffle = torch.arange(key_order.shape[1]).repeat(len(ordered), 1)
        for similarities, count, row in zip(
            ordered.detach().cpu().numpy(), counts.tolist(), shuffle, strict=True
        ):
            _, columns = linear_sum_assignment(
                similarities[:count, :count], maximize=True
            )
            row[:count] = torch.from_numpy(columns)
        key_order = key_order.gather(1, shuffle.to(key_order.device))
        return pair_in_order(query_order, key_order, counts)
