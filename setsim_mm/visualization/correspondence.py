"""Draw corresponding sets in two views as in Figure 4 of SetSim."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from torch import Tensor

from .bands import shown_bands
from .figure import NotebookFigure
from .lines import choose_pairs
from .match import Match
from .palette import BLACK, GREEN, GREY, ORANGE, PURPLE, RED, SKY_BLUE, YELLOW
from .panels import add_axes

GAP = 0.12  # between the two views, in heights of a view
ATTENTION = YELLOW
STRENGTH = 0.45  # opacity at the highest and at the lowest attention

# Colour, line style and label of each source of pairs.
LINES = {
    'attention': (SKY_BLUE, '-', 'paired by attention'),
    'geometry': (GREEN, '-', 'same place'),
    'nearest_neighbor': (RED, '--', 'nearest neighbour'),
}
OTHER_LINES = (PURPLE, '-')
# A white outline makes lines visible on any image.
OUTLINE = [withStroke(linewidth=3.4, foreground='white', alpha=0.7)]


def draw_correspondence(match: Match, num_lines: int = 6) -> Figure:
    """Draw the correspondence between two views of one image.

    Args:
        match (Match): The correspondence.
        num_lines (int): Number of pairs of each source that are drawn as lines.
            Defaults to 6.

    Returns:
        Figure: The figure; save it with ``figure.savefig(path)``.
    """
    return draw_contact_sheet([match], num_lines)


def draw_contact_sheet(matches: Sequence[Match], num_lines: int = 6) -> Figure:
    """Draw the correspondence between two views of each of several images.

    Args:
        matches (Sequence[Match]): The correspondences, at least one.
        num_lines (int): See :func:`draw_correspondence`. Defaults to 6.

    Returns:
        Figure: The figure with one pair of axes for each image, in one column for up
        to three images. Save it with ``figure.savefig(path)``.

    Raises:
        ValueError: If there is no image.
    """
    if not matches:
        raise ValueError('there is no image to draw: give at least one')
    columns = 1 if len(matches) <= 3 else 2 if len(matches) <= 8 else 3
    rows = math.ceil(len(matches) / columns)
    handles = _legend(matches, num_lines)
    per_row = (3, 4, 8)[columns - 1]
    legend_height = 0.1 + 0.3 * math.ceil(len(handles) / per_row)
    size = (8 * columns, 3.9 * rows + legend_height)
    figure = NotebookFigure(figsize=size, dpi=120, layout='constrained')
    figure.get_layout_engine().set(h_pad=0.08)
    grid = add_axes(figure, len(matches), columns)
    for axes, match in zip(grid, matches, strict=True):
        _draw_pair(axes, match, num_lines)
    figure.legend(
        handles=handles, loc='outside lower center', ncols=per_row, frameon=False
    )
    return figure


def _draw_pair(axes: Axes, match: Match, num_lines: int) -> None:
    """Draw both views into one pair of axes, with lines between them."""
    lefts = _left_edges(match)
    for side, left in enumerate(lefts):
        _draw_view(axes, match, side, left)
        axes.text(left, -0.02, _title(match, side), va='bottom')
    points = _centres(match)
    _draw_lines(axes, match, points, num_lines)
    for side, color in enumerate((SKY_BLUE, ORANGE)):
        dots = points[side][match.sets[side].flatten().numpy()]
        axes.plot(*dots.T, 'o', color=color, mec=BLACK, mew=0.8, ms=7, zorder=4)
    rings = points[1][_neighbors_of_set(match)]
    axes.plot(*rings.T, 'o', mfc='none', mec=RED, mew=2.2, ms=13, zorder=5)
    if match.name:
        axes.set_title(match.name, loc='left', fontweight='bold', fontsize='medium')
    right = lefts[1] + _width(match, 1)
    axes.set(xlim=(-0.01, right + 0.01), ylim=(1.01, -0.1), aspect='equal')
    axes.axis('off')


def _title(match: Match, side: int) -> str:
    title = f'View {side + 1}'
    if match.boxes is not None and match.boxes[side][0] > match.boxes[side][2]:
        title += ' (mirrored)'
    if any(part.any() for part in match.sets):
        title += f', set {side + 1}: {int(match.sets[side].sum())} positions'
    return title


def _width(match: Match, side: int) -> float:
    """Return the width of a view in units of its height."""
    height, width = match.views[side].shape[-2:]
    return width / height


def _left_edges(match: Match) -> tuple[float, float]:
    return 0.0, _width(match, 0) + GAP


def _draw_view(axes: Axes, match: Match, side: int, left: float) -> None:
    """Draw an image, its attention and the region that both views show."""
    width = _width(match, side)
    extent = (left, left + width, 1, 0)
    axes.imshow(shown_bands(match.views[side]), extent=extent)
    axes.imshow(
        _overlay(match.attention[side].numpy()),
        extent=extent,
        interpolation='bilinear',
    )
    share = _share(match, side)
    if share is not None:
        x1, y1, x2, y2 = share
        corner = (left + x1 * width, y1)
        axes.add_patch(
            Rectangle(
                corner, (x2 - x1) * width, y2 - y1, fill=False, color='w', ls=':', lw=2
            )
        )


def _overlay(attention: np.ndarray) -> np.ndarray:
    """Return an RGBA image (H, W, 4): yellow for high and black for low attention.

    Black alone is invisible on dark images, and yellow alone on bright ones.
    """
    yellow = np.array([int(ATTENTION[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    share = attention[..., None]  # H, W, 1
    opacity = STRENGTH * np.abs(2 * share - 1)
    return np.concatenate([np.where(share > 0.5, yellow, 0.0), opacity], axis=2)


def _share(match: Match, side: int) -> tuple[float, float, float, float] | None:
    """Return the region of a view that both show; None if there is none."""
    if match.boxes is None:
        return None
    x1, y1, x2, y2 = _seen_by_other(match.boxes[side], match.boxes[1 - side])
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _seen_by_other(box: Tensor, other: Tensor) -> tuple[float, float, float, float]:
    """Return the region of a view that the other one shows, in units of the view."""
    corners = box.view(2, 2)  # (first, second), (x, y)
    inside = (other.view(2, 2) - corners[0]) / (corners[1] - corners[0])
    low, high = inside.amin(dim=0).clamp(0, 1), inside.amax(dim=0).clamp(0, 1)
    return (*low.tolist(), *high.tolist())


def _draw_lines(
    axes: Axes, match: Match, points: list[np.ndarray], num_lines: int
) -> None:
    """Draw lines for some pairs of each source."""
    for source in match.parts:
        color, style, _ = _line(source)
        for i, j in choose_pairs(match, source, points, num_lines):
            line = np.stack([points[0][i], points[1][j]])
            axes.plot(
                *line.T,
                color=color,
                ls=style,
                lw=1.7,
                zorder=3,
                path_effects=OUTLINE,
                **_ends(source),
            )


def _line(source: str) -> tuple[str, str, str]:
    return LINES.get(source, (*OTHER_LINES, f'paired by {source}'))


def _ends(source: str) -> dict:
    """Return markers for the ends of lines that have no dot or ring."""
    marked = source in ('attention', 'nearest_neighbor')
    return {} if marked else dict(marker='s', ms=4.5)


def _neighbors_of_set(match: Match) -> np.ndarray:
    """Return the second view's nearest neighbours of set 1, or of all positions."""
    neighbors = match.parts.get('nearest_neighbor')
    if neighbors is None:
        return np.zeros(match.attention[1].numel(), dtype=bool)
    first = match.sets[0].flatten()
    return (neighbors[first] if first.any() else neighbors).any(dim=0).numpy()


def _centres(match: Match) -> list[np.ndarray]:
    return [_points(match, side) for side in range(2)]


def _points(match: Match, side: int) -> np.ndarray:
    """Return the centre of each position in the axes, (H*W, 2)."""
    rows, columns = match.attention[side].shape
    y, x = np.mgrid[:rows, :columns]
    x = (x + 0.5) / columns * _width(match, side) + _left_edges(match)[side]
    return np.stack([x, (y + 0.5) / rows], axis=2).reshape(-1, 2)


def _legend(matches: Sequence[Match], num_lines: int) -> list[Artist]:
    """Return legend entries for the marks that any of the pictures has."""
    dot = dict(marker='o', color='none', mec=BLACK, mew=0.8, ms=7)
    sources = dict.fromkeys(
        source
        for match in matches
        for source in match.parts
        if choose_pairs(match, source, _centres(match), num_lines)
    )
    handles = [Patch(facecolor=ATTENTION, alpha=STRENGTH, label='much attention')]
    if any(part.any() for match in matches for part in match.sets):
        handles += [
            Line2D([], [], **dot, mfc=SKY_BLUE, label='set 1'),
            Line2D([], [], **dot, mfc=ORANGE, label='set 2'),
        ]
    for source in sources:
        color, style, label = _line(source)
        label = f'{label} (some)'
        handles.append(
            Line2D([], [], color=color, ls=style, label=label, **_ends(source))
        )
    if any(_neighbors_of_set(match).any() for match in matches):
        ring = dict(marker='o', color='none', mfc='none', mec=RED, mew=2.2, ms=11)
        handles.append(Line2D([], [], **ring, label="set 1's neighbours"))
    if any(_share(match, side) is not None for match in matches for side in range(2)):
        outline = dict(color=GREY, ls=':', lw=2)
        handles.append(Line2D([], [], **outline, label='shown by both views'))
    return handles
