"""Pixel-to-pixel matching of attended positions: Random, Sort and Hungarian."""

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures

from .attention import AttentionMatcher, attended_positions
from .similarity import cosine_similarity


def pair_in_order(query_order: Tensor, key_order: Tensor, counts: Tensor) -> Tensor:
    """Pair the first positions of two orders one by one.

    Args:
        query_order (Tensor): Query positions, the first to be paired first,
            (N, HWq).
        key_order (Tensor): Key positions, likewise, (N, HWk).
        counts (Tensor): How many pairs each image gets, (N,).

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
    """Base of the matchers that need as many positions on both sides.

    Of m and n attended positions, the min(m, n) with the most attention are kept on
    either side.

    Args:
        threshold (float): δ of Eq. 5. Defaults to 0.7.
        power (int): 1 (paper) or 2 (authors' program). Defaults to 1.
    """

    def by_attention(
        self, query: ViewFeatures, key: ViewFeatures
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Order both views' positions by attention, and say how many to keep.

        Args:
            query (ViewFeatures): The query view.
            key (ViewFeatures): The key view.

        Returns:
            tuple[Tensor, Tensor, Tensor]: Query positions from most to least
            attention (N, HWq), key positions likewise (N, HWk), and the number kept
            of either (N,).
        """
        attentions = [self.attention(view) for view in (query, key)]
        attended = [attended_positions(a, self.threshold).sum(1) for a in attentions]
        # A stable sort makes ties, as on constant maps, fall the same way everywhere.
        query_order, key_order = (
            a.argsort(dim=1, descending=True, stable=True) for a in attentions
        )
        return query_order, key_order, torch.minimum(*attended)


@MATCHERS.register_module()
class SortMatcher(OneToOneMatcher):
    """*Sort* of Table 2: paired rank by rank, in the order of attention."""

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        return pair_in_order(*self.by_attention(query, key))


@MATCHERS.register_module()
class RandomMatcher(OneToOneMatcher):
    """*Random* of Table 2: attended positions paired at random, one to one."""

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        query_order, key_order, counts = self.by_attention(query, key)
        # Random draws below 1 permute the kept keys, the ranks keep the rest behind.
        rank = torch.arange(key_order.shape[1], device=key_order.device)
        kept = rank < counts[:, None]
        draw = torch.rand(key_order.shape, device=key_order.device)
        shuffle = torch.where(kept, draw, 1.0 + rank).argsort(dim=1)
        return pair_in_order(query_order, key_order.gather(1, shuffle), counts)


@MATCHERS.register_module()
class HungarianMatcher(OneToOneMatcher):
    """*Hungarian* of Table 2: the one-to-one pairing of least total cosine distance.

    The distance is that of the backbone features z. The assignment is scipy's and
    runs on the host, on the kept positions only.
    """

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        query_order, key_order, counts = self.by_attention(query, key)
        similarity = cosine_similarity(query.feature_map, key.feature_map)
        # Rows and columns by attention, so that the kept block is the top left one.
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
