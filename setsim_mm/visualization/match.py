"""The correspondence that a matcher finds between two views, for pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from setsim_mm.models.matchers import (
    AttentionMatcher,
    Matcher,
    cosine_similarity,
    spatial_attention,
    union_of,
)
from setsim_mm.models.utils import preprocess
from setsim_mm.structures import ViewFeatures
from setsim_mm.utils.module_modes import evaluation_mode
from setsim_mm.utils.random_state import fixed_random_state


@dataclass(frozen=True)
class Match:
    """The correspondence between two views with its sources.

    Args:
        views (tuple[Tensor, Tensor]): The images as the training has them, uint8 or
            float32, (N, height, width) each.
        attention (tuple[Tensor, Tensor]): Attention scaled to 0 to 1, (H, W) each.
        sets (tuple[Tensor, Tensor]): Attended positions, bool, (H, W) each; all False
            if the matcher uses no attention.
        parts (dict[str, Tensor]): The correspondence by the source of its pairs, bool,
            (Hq*Wq, Hk*Wk) each: ``attention``, ``geometry``, ``nearest_neighbor``; see
            :meth:`~setsim_mm.models.matchers.Matcher.positives_by_source`.
        similarity (Tensor): Cosine similarity of z at all pairs of positions,
            (Hq*Wq, Hk*Wk).
        boxes (tuple[Tensor, Tensor], optional): The views' boxes in the image, (4,)
            each. Defaults to None.
        name (str): Name of the image, for titles. Defaults to ''.
    """

    views: tuple[Tensor, Tensor]
    attention: tuple[Tensor, Tensor]
    sets: tuple[Tensor, Tensor]
    parts: dict[str, Tensor]
    similarity: Tensor
    boxes: tuple[Tensor, Tensor] | None = None
    name: str = ''

    @property
    def correspondence(self) -> Tensor:
        """Return all pairs as a mask, bool, (Hq*Wq, Hk*Wk)."""
        return union_of(self.parts)

    @property
    def pairs(self) -> Tensor:
        """Return all pairs as positions in the first and the second view, (M, 2)."""
        return self.correspondence.nonzero()

    @property
    def scores(self) -> Tensor:
        """Return the cosine similarity of z at each of :attr:`pairs`, (M,)."""
        return self.similarity[self.correspondence]


@torch.no_grad()
def match_views(
    model: nn.Module,
    views: tuple[Tensor, Tensor],
    boxes: tuple[Tensor, Tensor] | None = None,
    matcher: Matcher | None = None,
    names: Sequence[str] = (),
) -> list[Match]:
    """Find the correspondence of pairs of views by a trained model.

    Both views pass through the query side's backbone in evaluation mode. Random
    matchers use a fixed seed. The random state and the modes are restored.

    Args:
        model (nn.Module): A model with ``backbone``, ``data_preprocessor`` and
            ``matcher``, such as :class:`~setsim_mm.models.SetSim`.
        views (tuple[Tensor, Tensor]): First and second views, uint8 or float32,
            (N, channels, height, width) each; their sizes may differ.
        boxes (tuple[Tensor, Tensor], optional): The views' boxes in the image, (N, 4)
            each. Defaults to None.
        matcher (Matcher, optional): The matcher. Defaults to None, the model's own.
        names (Sequence[str]): Names of the N images. Defaults to none.

    Returns:
        list[Match]: One match for each pair, on the CPU.
    """
    inputs = preprocess(
        model.data_preprocessor, dict(inputs=list(views), data_samples=[])
    )[0]
    device = inputs[0].device
    # fixed_random_state restores only the current GPU.
    gpus = [device] if device.type == 'cuda' else []
    with (
        evaluation_mode(model.backbone),
        torch.random.fork_rng(gpus),
        fixed_random_state(0),
    ):
        query, key = (
            ViewFeatures(
                model.backbone(images)[-1],
                None if boxes is None else boxes[side].to(device),
            )
            for side, images in enumerate(inputs)
        )
        return find_matches(matcher or model.matcher, query, key, views, names)


def find_matches(
    matcher: Matcher,
    query: ViewFeatures,
    key: ViewFeatures,
    views: tuple[Tensor, Tensor],
    names: Sequence[str] = (),
) -> list[Match]:
    """Find the correspondence of pairs of views by a matcher on their features.

    Args:
        matcher (Matcher): The matcher.
        query (ViewFeatures): Features of the first views, (N, C, Hq, Wq).
        key (ViewFeatures): Features of the second views, (N, C, Hk, Wk).
        views (tuple[Tensor, Tensor]): Their images, as in :func:`match_views`.
        names (Sequence[str]): Names of the N images. Defaults to none.

    Returns:
        list[Match]: One match for each image, on the CPU.
    """
    parts = matcher.positives_by_source(query, key)
    similarity = cosine_similarity(query.feature_map, key.feature_map)
    attention = [_scaled_attention(matcher, view) for view in (query, key)]
    sets = [_attended(matcher, view) for view in (query, key)]
    has_boxes = query.box is not None and key.box is not None
    return [
        Match(
            views=tuple(images[n].cpu() for images in views),
            attention=tuple(maps[n].cpu() for maps in attention),
            sets=tuple(maps[n].cpu() for maps in sets),
            parts={source: mask[n].cpu() for source, mask in parts.items()},
            similarity=similarity[n].cpu(),
            boxes=(query.box[n].cpu(), key.box[n].cpu()) if has_boxes else None,
            name=names[n] if names else '',
        )
        for n in range(len(similarity))
    ]


def _scaled_attention(matcher: Matcher, view: ViewFeatures) -> Tensor:
    """Compute the matcher's attention, scaled to 0 to 1 in each image, (N, H, W)."""
    power = next(
        (m.power for m in matcher.modules() if isinstance(m, AttentionMatcher)), 1
    )
    flat = spatial_attention(view.feature_map, power)  # N, HW
    low, high = flat.aminmax(dim=1, keepdim=True)
    span = high - low
    # A constant map becomes 1 everywhere.
    scaled = torch.where(span > 0, (flat - low) / span.where(span > 0, 1), 1.0)
    return scaled.view(-1, *view.grid)


def _attended(matcher: Matcher, view: ViewFeatures) -> Tensor:
    """Return the attended positions, bool, (N, H, W); all False without attention."""
    attended = matcher.attended(view)
    if attended is None:
        attended = torch.zeros_like(view.feature_map[:, 0], dtype=torch.bool)
    return attended.view(-1, *view.grid)
