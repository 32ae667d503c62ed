"""What every matcher is: a view pair in, a correspondence out."""

from collections.abc import Callable

from torch import Tensor, nn

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures


class Matcher(nn.Module):
    """Base class of matchers.

    A subclass implements :meth:`forward` and registers itself in
    :data:`setsim_mm.registry.MATCHERS`.

    Attributes:
        source (str): The name under which the training log counts this matcher's
            positives; matchers of one source are counted together.
    """

    source = 'matcher'

    def forward(self, query: ViewFeatures, key: ViewFeatures) -> Tensor:
        """Say which key positions are positives of which query positions.

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
        """Give the correspondence in parts, by where its positives come from.

        Args:
            query (ViewFeatures): The query view.
            key (ViewFeatures): The key view.

        Returns:
            dict[str, Tensor]: Bool masks (N, Hq*Wq, Hk*Wk) whose union is the
            correspondence; a later one adds to the earlier ones.
        """
        return {self.source: self(query, key)}

    def attended(self, view: ViewFeatures) -> Tensor | None:
        """Say which positions of a view attention selects.

        Args:
            view (ViewFeatures): Either view.

        Returns:
            Tensor | None: Bool, (N, H*W); None if the matcher uses no attention.
        """
        return None


class CallableMatcher(Matcher):
    """Any callable of two views as a matcher, so that a function is one too.

    Args:
        function (Callable): ``function(query, key)`` gives the correspondence.
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
    """Build a matcher from its config, or take the one that is given.

    Args:
        matcher (dict | str | Callable): A config for
            :data:`setsim_mm.registry.MATCHERS` or the mere name of one, a
            :class:`Matcher`, or any callable of two
            :class:`~setsim_mm.structures.ViewFeatures`.

    Returns:
        Matcher: Ready to be called.

    Raises:
        TypeError: If it is none of these.
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
    """Join correspondences given in parts, source by source.

    Args:
        *parts (dict[str, Tensor]): What :meth:`Matcher.positives_by_source` gives.

    Returns:
        dict[str, Tensor]: One mask a source, in the order of first appearance.
    """
    merged: dict[str, Tensor] = {}
    for part in parts:
        for source, mask in part.items():
            merged[source] = merged[source] | mask if source in merged else mask
    return merged


def union_of(parts: dict[str, Tensor]) -> Tensor:
    """Join the parts of a correspondence.

    Args:
        parts (dict[str, Tensor]): Bool masks of one shape, at least one.

    Returns:
        Tensor: True wherever any part is.
    """
    masks = list(parts.values())
    joined = masks[0]
    for mask in masks[1:]:
        joined = joined | mask
    return joined
