"""Statistics of a correspondence for the training log."""

import torch
from torch import Tensor

from setsim_mm.structures import ViewFeatures

from .base import Matcher


def matching_statistics(
    matcher: Matcher,
    query: ViewFeatures,
    key: ViewFeatures,
    parts: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Compute how many positions were matched, and by which source.

    Args:
        matcher (Matcher): The matcher that returned ``parts``.
        query (ViewFeatures): The query view.
        key (ViewFeatures): The key view.
        parts (dict[str, Tensor]): From :meth:`Matcher.positives_by_source`.

    Returns:
        dict[str, Tensor]: Scalars in float32.

        - ``attended_query``, ``attended_key``: attended positions per view (absent
          if the matcher uses no attention).
        - ``positives_per_query``: positives per query position with a positive.
        - ``positives_from_<source>``: positives per image from the first source.
        - ``positives_added_by_<source>``: positives per image that a later source
          adds to the ones before it.
        - ``images_without_positive``: share of images without a positive.

    Raises:
        ValueError: If the name of a source contains ``loss``.
    """
    for source in parts:
        if 'loss' in source:
            raise ValueError(
                f"Rename the matcher's source {source!r}: mmengine would add every "
                'logged value with "loss" in its name to the training loss.'
            )
    statistics: dict[str, Tensor] = {}
    for side, view in (('query', query), ('key', key)):
        attended = matcher.attended(view)
        if attended is not None:
            statistics[f'attended_{side}'] = attended.sum(1).float().mean()

    (first, found), *others = parts.items()
    statistics[f'positives_from_{first}'] = _positives_per_image(found)
    for source, mask in others:
        statistics[f'positives_added_by_{source}'] = _positives_per_image(mask & ~found)
        found = found | mask

    per_position = found.sum(2).float()  # N, HWq
    matched = per_position > 0
    statistics['positives_per_query'] = per_position.sum() / matched.sum().clamp(min=1)
    without = ~matched.any(1)
    statistics['images_without_positive'] = without.to(torch.float32).mean()
    return statistics


def _positives_per_image(mask: Tensor) -> Tensor:
    return mask.sum((1, 2)).float().mean()
