"""Base class of matchers: from a pair of views to a correspondence."""

from collections.abc import Callable
from functools import reduce
from operator import or_

from torch import Tensor, nn

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures


class Matcher(nn.Module):
    """Base class of matchers.

    A subclass implements :meth:`forward` and registers itself in
    :data:`setsim_mm.registry.MATCHERS`.

    Attributes:
        source (str): Name of the matcher's positives in the training log. Matchers
            with the same source are counted together.
    """

    source = 'matcher'

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """Compute the positive key positions of each query position.

        Args:
            query (ViewFeatures): The query view.
            key (ViewFeatures): The key view; its grid may differ from the query's.

        Returns:
            Tensor: The correspondence, bool, (N, Hq*Wq, Hk*Wk).
        """
        raise NotImplementedError

    def positives_by_source(
        self, query: ViewFeatures, key: ViewFeatures
    ) -> dict[str, Tensor]:
        """Compute the correspondence in parts, one for each source of positives.

        Returns:
            dict[str, Tensor]: Bool masks (N, Hq*Wq, Hk*Wk) whose union is the
            correspondence. The log counts what each adds to those before it.
        """
        return {self.source: self(query, key)}

    def attended(self, view: ViewFeatures) -> Tensor | None:
        """Return the positions that attention selects, bool, (N, H*W), or None."""
        return None


class CallableMatcher(Matcher):
    """Matcher that calls a function of two views.

    Args:
        function (Callable): ``function(query, key)`` returns the correspondence.
    """

    def __init__(
        self, function: Callable[[ViewFeatures, ViewFeatures], Tensor]
    ) -> None:
        super().__init__()
        self.function = function

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """See :meth:`Matcher.forward`."""
        return self.function(query, key)


def build_matcher(matcher: dict | str | Callable) -> Matcher:
    """Build a matcher from its config, or wrap a callable.

    Args:
        matcher (dict | str | Callable): A config for
            :data:`setsim_mm.registry.MATCHERS`, a name in it, a :class:`Matcher`, or
            any callable of two :class:`~setsim_mm.structures.ViewFeatures`.

    Returns:
        Matcher: The matcher.

    Raises:
        TypeError: If the argument is none of these.
    """
    if isinstance(matcher, str):  # --cfg-options model.matcher=SortMatcher
        matcher = {'type': matcher}
    if isinstance(matcher, dict):
        matcher = MATCHERS.build(matcher)
    if not callable(matcher):
        raise TypeError(
            "A matcher is a config such as dict(type='Set2SetMatcher') or a callable "
            f'of two views, not {matcher!r}.'
        )
    return matcher if isinstance(matcher, Matcher) else CallableMatcher(matcher)


def merge_parts(*parts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Compute the union of correspondences in parts, source by source."""
    merged: dict[str, Tensor] = {}
    for part in parts:
        for source, mask in part.items():
            merged[source] = merged[source] | mask if source in merged else mask
    return merged


def union_of(parts: dict[str, Tensor]) -> Tensor:
    """Compute the union of the parts of a correspondence, bool masks of one shape."""
    return reduce(or_, parts.values())
