"""The union of other matchers, such as Set + Geo of Table 3."""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from torch import Tensor, nn

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures

from .base import Matcher, build_matcher, merge_parts, union_of
from .similarity import cosine_similarity, neighbors_of_matched


@MATCHERS.register_module()
class UnionMatcher(Matcher):
    """Union of matchers.

    Args:
        matchers (Sequence[dict | Callable]): Configs or matchers, at least one.
        nearest_neighbor (bool): Whether to add n_i (Eq. 6) to every query position
            with a positive in the union. Defaults to False.

    Raises:
        ValueError: If there is no matcher.
    """

    def __init__(
        self, matchers: Sequence[dict | Callable], nearest_neighbor: bool = False
    ) -> None:
        super().__init__()
        if not matchers:
            raise ValueError('UnionMatcher needs at least one matcher to unite.')
        built = nn.ModuleList(build_matcher(matcher) for matcher in matchers)
        self.matchers = cast(Iterable[Matcher], built)
        self.nearest_neighbor = nearest_neighbor

    def positives_by_source(
        self, query: ViewFeatures, key: ViewFeatures
    ) -> dict[str, Tensor]:
        """See :meth:`Matcher.positives_by_source`."""
        parts = merge_parts(
            *(matcher.positives_by_source(query, key) for matcher in self.matchers)
        )
        if self.nearest_neighbor:
            similarity = cosine_similarity(query.feature_map, key.feature_map)
            neighbors = neighbors_of_matched(similarity, union_of(parts))
            parts = merge_parts(parts, {'nearest_neighbor': neighbors})
        return parts

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        return union_of(self.positives_by_source(query, key))

    def attended(self, view: ViewFeatures) -> Tensor | None:
        """Return the positions that the first matcher with attention selects."""
        for matcher in self.matchers:
            attended = matcher.attended(view)
            if attended is not None:
                return attended
        return None

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'nearest_neighbor={self.nearest_neighbor}'
