"""Pictures of corresponding sets in two views, as Figure 4 of SetSim."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from setsim_mm.evaluation import ViewPairs, evaluation_mode
from setsim_mm.models.matchers import Matcher, spatial_attention
from setsim_mm.structures import ViewFeatures

from .palette import BLACK, GREEN, ORANGE, RED, SKY_BLUE

GAP = 0.12  # between the two views, in widths of a view
DIMMING = 0.5  # of the least attended position


@dataclass(frozen=True)
class CorrespondingSets:
    """What is drawn of two views of one image.

    Args:
        views (tuple[Tensor, Tensor]): The images, uint8, (3, height, width) each.
        attention (tuple[Tensor, Tensor]): From 0 to 1, (H, W) each.
        sets (tuple[Tensor, Tensor]): Attended positions, bool, (H, W) each.
        geometry (Tensor): Pairs that show the same place, bool, (Hq*Wq, Hk*Wk).
        neighbors (Tensor): Pairs of a position and its nearest neighbour, bool,
            (Hq*Wq, Hk*Wk).
        boxes (tuple[Tensor, Tensor], optional): Where the views were cut, (4,) each.
            Defaults to None.
    """

    views: tuple[Tensor, Tensor]
    attention: tuple[Tensor, Tensor]
    sets: tuple[Tensor, Tensor]
    geometry: Tensor
    neighbors: Tensor
    boxes: tuple[Tensor, Tensor] | None = None


@torch.no_grad()
def corresponding_sets(
    matcher: Matcher,
    query: ViewFeatures,
    key: ViewFeatures,
    views: tuple[Tensor, Tensor],
) -> list[CorrespondingSets]:
    """Ask a matcher for all that :func:`draw_correspondence` draws.

    Args:
        matcher (Matcher): Such as ``model.matcher`` of a SetSim. Of a matcher without
            attention, geometry or nearest neighbours these are left out.
        query (ViewFeatures): Features of the first views, (N, C, Hq, Wq).
        key (ViewFeatures): Features of the second views, (N, C, Hk, Wk).
        views (tuple[Tensor, Tensor]): Their images, uint8, (N, 3, height, width) each.

    Returns:
        list[CorrespondingSets]: One an image, on the CPU.
    """
    parts = matcher.positives_by_source(query, key)
    pairs = torch.zeros(
        len(query.feature_map), *(h * w for h, w in (query.grid, key.grid)), dtype=bool
    )
    geometry = parts.get('geometry', pairs).cpu()
    neighbors = parts.get('nearest_neighbor', pairs).cpu()
    attention, sets = [], []
    for view in (query, key):
        attended = matcher.attended(view)
        shape = (-1, *view.grid)
        flat = spatial_attention(view.feature_map)  # N, HW
        low, high = flat.aminmax(dim=1, keepdim=True)
        scaled = (flat - low) / (high - low).clamp(min=torch.finfo(flat.dtype).tiny)
        attention.append(scaled.view(shape).cpu())
        sets.append(
            torch.zeros_like(attention[-1], dtype=torch.bool)
            if attended is None
            else attended.view(shape).cpu()
        )
    has_boxes = query.box is not None and key.box is not None
    return [
        CorrespondingSets(
            views=tuple(images[n].cpu() for images in views),
            attention=tuple(maps[n] for maps in attention),
            sets=tuple(maps[n] for maps in sets),
            geometry=geometry[n],
            neighbors=neighbors[n],
            boxes=(query.box[n].cpu(), key.box[n].cpu()) if has_boxes else None,
        )
        for n in range(len(pairs))
    ]


@torch.no_grad()
def sets_found_by(model: nn.Module, pairs: ViewPairs) -> list[CorrespondingSets]:
    """Run a trained SetSim on pairs of views and ask its matcher.

    The backbone runs in evaluation mode, and so do both views: the query side's
    weights, which are those that pre-training is for.

    Args:
        model (nn.Module): With ``backbone``, ``data_preprocessor`` and ``matcher``,
            as :class:`~setsim_mm.models.SetSim`.
        pairs (ViewPairs): See :func:`~setsim_mm.evaluation.cut_view_pairs`.

    Returns:
        list[CorrespondingSets]: One a pair.
    """
    views = model.data_preprocessor(dict(inputs=list(pairs.images), data_samples=[]))[0]
    with evaluation_mode(model.backbone):
        first, second = (
            ViewFeatures(model.backbone(images)[-1], box.to(images.device))
            for images, box in zip(views, pairs.boxes, strict=True)
        )
    return corresponding_sets(model.matcher, first, second, pairs.images)


def draw_correspondence(found: CorrespondingSets, num_lines: int = 6) -> Figure:
    """Draw the corresponding sets of two views of one image.

    Args:
        found (CorrespondingSets): What to draw.
        num_lines (int): How many lines of either kind to draw, spread over the views;
            all would hide the picture. Defaults to 6.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.
    """
    return draw_contact_sheet([found], num_lines)


def draw_contact_sheet(
    images: Sequence[CorrespondingSets], num_lines: int = 6
) -> Figure:
    """Draw the corresponding sets of several images, one a row.

    Args:
        images (Sequence[CorrespondingSets]): What to draw, at least one.
        num_lines (int): See :func:`draw_correspondence`. Defaults to 6.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.

    Raises:
        ValueError: If there is no image.
    """
    if not images:
        raise ValueError('there is no image to draw: give at least one')
    figure = Figure(figsize=(8, 3.9 * len(images) + 0.7), dpi=160, layout='constrained')
    rows = figure.subplots(len(images), 1, squeeze=False)[:, 0]
    for axes, found in zip(rows, images, strict=True):
        _draw_row(axes, found, num_lines)
    figure.legend(handles=_legend(), loc='outside lower center', ncols=3, frameon=False)
    return figure


def _draw_row(axes: Axes, found: CorrespondingSets, num_lines: int) -> None:
    """Draw both views into one pair of axes, so that lines may run across."""
    for side, name in enumerate(('View 1', 'View 2')):
        _draw_view(axes, found, side)
        count = int(found.sets[side].sum())
        if found.boxes is not None and found.boxes[side][0] > found.boxes[side][2]:
            name += ' (mirrored)'
        title = f'{name}, set {side + 1}: {count} positions'
        axes.text(side * (1 + GAP), -0.02, title, va='bottom')
    points = [_points(found, side) for side in range(2)]
    _draw_lines(axes, found, points, num_lines)
    for side, color in enumerate((SKY_BLUE, ORANGE)):
        dots = points[side][found.sets[side].flatten().numpy()]
        axes.plot(*dots.T, 'o', color=color, mec=BLACK, mew=0.8, ms=7, zorder=4)
    first = found.sets[0].flatten()
    neighbors = points[1][found.neighbors[first].any(dim=0).numpy()]
    axes.plot(*neighbors.T, 'o', mfc='none', mec=RED, mew=2.2, ms=13, zorder=5)
    axes.set(xlim=(-0.01, 2 + GAP + 0.01), ylim=(1.01, -0.1), aspect='equal')
    axes.axis('off')


def _draw_view(axes: Axes, found: CorrespondingSets, side: int) -> None:
    """Draw an image, darker where it is less attended, and what both views show."""
    left = side * (1 + GAP)
    extent = (left, left + 1, 1, 0)
    axes.imshow(found.views[side].permute(1, 2, 0).numpy(), extent=extent)
    shade = np.zeros((*found.attention[side].shape, 4))  # H, W, RGBA
    shade[..., 3] = DIMMING * (1 - found.attention[side].numpy())
    axes.imshow(shade, extent=extent, interpolation='bilinear')
    if found.boxes is None:
        return
    x1, y1, x2, y2 = _seen_by_other(found.boxes[side], found.boxes[1 - side])
    if x1 < x2 and y1 < y2:
        axes.add_patch(
            Rectangle(
                (left + x1, y1), x2 - x1, y2 - y1, fill=False, color='w', ls=':', lw=1.6
            )
        )


def _seen_by_other(box: Tensor, other: Tensor) -> tuple[float, float, float, float]:
    """Say which part of a view the other one shows too, in shares of the view."""
    corners = box.view(2, 2)  # (first, second), (x, y)
    inside = (other.view(2, 2) - corners[0]) / (corners[1] - corners[0])
    low, high = inside.amin(dim=0).clamp(0, 1), inside.amax(dim=0).clamp(0, 1)
    return (*low.tolist(), *high.tolist())


def _draw_lines(
    axes: Axes, found: CorrespondingSets, points: list[np.ndarray], num_lines: int
) -> None:
    """Draw some pairs by attention, all from one position, and some by geometry."""
    first, second = (positions.flatten().numpy() for positions in found.sets)
    if first.any() and second.any():
        attention = found.attention[0].flatten().numpy()
        most = points[0][np.where(first, attention, -1).argmax()]
        partners = points[1][second]
        for partner in partners[_spread(partners, num_lines)]:
            line = np.stack([most, partner])
            axes.plot(*line.T, color=SKY_BLUE, lw=1.3, zorder=2)
    with_pair = found.geometry.any(dim=1).nonzero()[:, 0].numpy()
    for i in with_pair[_spread(points[0][with_pair], num_lines)]:
        # A position that has several partners lies between them.
        partner = points[1][found.geometry[i].numpy()].mean(axis=0)
        line = np.stack([points[0][i], partner])
        axes.plot(*line.T, color=GREEN, lw=1.8, marker='s', ms=4.5, zorder=3)


def _points(found: CorrespondingSets, side: int) -> np.ndarray:
    """Centre of each position in the axes, (H*W, 2)."""
    rows, columns = found.attention[side].shape
    y, x = np.mgrid[:rows, :columns]
    x = (x + 0.5) / columns + side * (1 + GAP)
    return np.stack([x, (y + 0.5) / rows], axis=2).reshape(-1, 2)


def _spread(points: np.ndarray, count: int) -> list[int]:
    """Choose points far apart: the middle one, then always the farthest from those."""
    if len(points) == 0:
        return []
    chosen = []
    distance = -np.linalg.norm(points - points.mean(axis=0), axis=1)
    for _ in range(min(count, len(points))):
        chosen.append(int(distance.argmax()))
        to_chosen = np.linalg.norm(points - points[chosen[-1]], axis=1)
        distance = np.minimum(distance, to_chosen) if len(chosen) > 1 else to_chosen
    return chosen


def _legend() -> list[Line2D]:
    dot = dict(marker='o', color='none', mec=BLACK, mew=0.8, ms=7)
    return [
        Line2D([], [], **dot, mfc=SKY_BLUE, label='set 1'),
        Line2D([], [], color=SKY_BLUE, label='set 1 with set 2 (some)'),
        Line2D([], [], color=GREEN, marker='s', ms=4.5, label='same place (some)'),
        Line2D([], [], **dot, mfc=ORANGE, label='set 2'),
        Line2D(
            [], [], marker='o', color='none', mfc='none', mec=RED, mew=2.2, ms=11,
            label="set 1's nearest neighbours",
        ),
        Line2D([], [], color='0.6', ls=':', lw=1.6, label='shown by both views'),
    ]  # fmt: skip
