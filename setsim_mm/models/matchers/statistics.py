"""Figures about a correspondence that the training log shows beside the losses."""

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
    """Say how much was matched, and by what.

    Args:
        matcher (Matcher): Who matched; says what is attended.
        query (ViewFeatures): The query view.
        key (ViewFeatures): The key view.
        parts (dict[str, Tensor]): The correspondence in parts, as
            :meth:`Matcher.positives_by_source` gives it.

    Returns:
        dict[str, Tensor]: Scalars in float32.

        - ``attended_query``, ``attended_key``: attended positions per view (absent
          when the matcher uses no attention).
        - ``positives_per_query``: positives per query position that has any.
        - ``positives_from_<source>``: positives per image from the first source.
        - ``positives_added_by_<source>``: positives per image that a later source
          adds to the ones before it.
        - ``images_without_positive``: share of images.

    Raises:
        ValueError: If the name of a source contains ``loss``.
    """
    for source in parts:
        if 'loss' in source:
            raise ValueError(
                f"Rename the matcher's source {source!r}: mmengine would add every "
                'logged figure with "loss" in its name to the training loss.'
            )
    statistics: dict[str, Tensor] = {}
    for side, view in (('query', query), ('key', key)):
        attended = matcher.attended(view)
        if attended is not None:
            statistics[f'attended_{side}'] = attended.sum(1).float().mean()

    found: Tensor | None = None
    for source, mask in parts.items():
        name = 'positives_from' if found is None else 'positives_added_by'
        added = mask if found is None else mask & ~found
        statistics[f'{name}_{source}'] = added.sum((1, 2)).float().mean()
        found = added if found is None else found | mask

    per_position = found.sum(2).float()  # N, HWq
    matched = per_position > 0
    statistics['positives_per_query'] = per_position.sum() / matched.sum().clamp(min=1)
    without = ~matched.any(1)
    statistics['images_without_positive'] = without.to(torch.float32).mean()
    return statistics
