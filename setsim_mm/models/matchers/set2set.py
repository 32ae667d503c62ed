"""Set matching: all attended query positions with all attended key positions."""

from torch import Tensor

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures

from .attention import AttentionMatcher
from .base import union_of
from .similarity import cosine_similarity, neighbors_of_matched


@MATCHERS.register_module()
class Set2SetMatcher(AttentionMatcher):
    """*Set2Set* of Table 2: the corresponding set s_i.

    Args:
        threshold (float): δ of Eq. 5. Defaults to 0.7.
        power (int): 1 (paper) or 2 (authors' program). Defaults to 1.
        min_similarity (float, optional): Drop pairs whose cosine similarity of z is
            lower. Not in the paper; the authors' program uses 0.2. Defaults to None,
            which drops none.

    Examples:
        >>> import torch
        >>> from setsim_mm.structures import ViewFeatures
        >>> query, key = (ViewFeatures(torch.rand(2, 64, 7, 7)) for _ in range(2))
        >>> Set2SetMatcher()(query, key).shape
        torch.Size([2, 49, 49])
    """

    def __init__(
        self,
        threshold: float = 0.7,
        power: int = 1,
        min_similarity: float | None = None,
    ) -> None:
        super().__init__(threshold, power)
        if min_similarity is not None and not -1 <= min_similarity <= 1:
            raise ValueError(
                'min_similarity is a cosine and must lie between -1 and 1, but is '
                f'{min_similarity}; None drops no pair.'
            )
        self.min_similarity = min_similarity

    def corresponding_sets(
        self, query: ViewFeatures, key: ViewFeatures, similarity: Tensor | None = None
    ) -> Tensor:
        """Compute s_i of every query position, bool, (N, Hq*Wq, Hk*Wk).

        The views' cosine similarity may be passed if it is known.
        """
        pairs = self.attended(query)[:, :, None] & self.attended(key)[:, None, :]
        if self.min_similarity is None:
            return pairs
        if similarity is None:
            similarity = cosine_similarity(query.feature_map, key.feature_map)
        return pairs & (similarity >= self.min_similarity)

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        return self.corresponding_sets(query, key)

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'{super().extra_repr()}, min_similarity={self.min_similarity}'


@MATCHERS.register_module()
class Set2SetNNMatcher(Set2SetMatcher):
    """*Set2Set-NN* of Table 2: c_i = s_i ∪ n_i, Eq. 7.

    n_i is the key position most similar to query position i among **all** key
    positions, attended or not. It is added to every query position that has a positive.

    Args:
        threshold (float): δ of Eq. 5. Defaults to 0.7.
        power (int): 1 (paper) or 2 (authors' program). Defaults to 1.
        min_similarity (float, optional): See :class:`Set2SetMatcher`; it does not
            apply to n_i. Defaults to None.
    """

    def positives_by_source(
        self, query: ViewFeatures, key: ViewFeatures
    ) -> dict[str, Tensor]:
        """See :meth:`Matcher.positives_by_source`."""
        similarity = cosine_similarity(query.feature_map, key.feature_map)
        sets = self.corresponding_sets(query, key, similarity)
        return {
            self.source: sets,
            'nearest_neighbor': neighbors_of_matched(similarity, sets),
        }

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        return union_of(self.positives_by_source(query, key))
