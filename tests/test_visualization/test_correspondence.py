"""Elements and their places in pictures of corresponding sets."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from setsim_mm.visualization import (
    Match,
    draw_contact_sheet,
    draw_correspondence,
)
from setsim_mm.visualization.correspondence import GAP
from setsim_mm.visualization.palette import GREEN, ORANGE, PURPLE, RED, SKY_BLUE

from .pixels import pixels_of, shows_color

WHOLE, MIRRORED = torch.tensor([0.0, 0, 1, 1]), torch.tensor([1.0, 0, 0, 1])


def pairs(*positions: list[int]) -> torch.Tensor:
    mask = torch.zeros(4, 3, dtype=torch.bool)
    mask[tuple(torch.tensor(positions).T)] = True
    return mask


def example(boxes=(WHOLE, MIRRORED), **changes) -> Match:
    """2x2 positions in view 1 and 1x3 in view 2."""
    found = dict(
        views=tuple(torch.full((3, 8, 8), 128, dtype=torch.uint8) for _ in range(2)),
        attention=(torch.tensor([[1.0, 0.9], [0, 0]]), torch.tensor([[0, 1.0, 0.8]])),
        sets=(
            torch.tensor([[True, True], [False, False]]),
            torch.tensor([[False, True, True]]),
        ),
        parts=dict(
            attention=pairs([0, 1], [0, 2], [1, 1], [1, 2]),
            geometry=pairs([0, 2], [2, 1], [2, 2]),
            nearest_neighbor=pairs([0, 0], [1, 0], [2, 2]),
        ),
        similarity=torch.tensor([[9, 5, 2], [8, 4, 3], [1, 6, 7], [0, 0, 0]]) / 10,
        boxes=boxes,
    )
    return Match(**{**found, **changes})


def lines_of(figure: Figure, color: str, row: int = 0) -> list[np.ndarray]:
    return [
        np.round(line.get_xydata(), 6).tolist()
        for line in figure.axes[row].lines
        if line.get_linestyle() != 'None' and line.get_color() == color
    ]


def markers_of(figure: Figure, face: str, edge: str, row: int = 0) -> list:
    (line,) = (
        line
        for line in figure.axes[row].lines
        if line.get_linestyle() == 'None'
        and (line.get_markerfacecolor(), line.get_markeredgecolor()) == (face, edge)
    )
    return np.round(line.get_xydata(), 6).tolist()


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def in_second(x: float, y: float) -> list[float]:
    return [round(1 + GAP + x, 6), y]


def test_sets_are_dots_at_their_centres() -> None:
    figure = draw_correspondence(example())
    assert markers_of(figure, SKY_BLUE, '#000000') == [[0.25, 0.25], [0.75, 0.25]]
    assert markers_of(figure, ORANGE, '#000000') == [
        in_second(0.5, 0.5),
        in_second(0.833333, 0.5),
    ]


def test_nearest_neighbors_of_the_first_set_are_ringed() -> None:
    # Position 2 has a neighbour but is not in set 1.
    rings = markers_of(draw_correspondence(example()), 'none', RED)
    assert rings == [in_second(0.166667, 0.5)]


def test_all_nearest_neighbors_are_ringed_without_a_set() -> None:
    sets = tuple(torch.zeros_like(part) for part in example().sets)
    rings = markers_of(draw_correspondence(example(sets=sets)), 'none', RED)
    assert rings == [in_second(0.166667, 0.5), in_second(0.833333, 0.5)]


def test_lines_by_attention_join_the_most_similar_pairs_once_each() -> None:
    # Both are most similar to position 1, which the first one is paired with.
    lines = lines_of(draw_correspondence(example()), SKY_BLUE)
    assert sorted(lines) == [
        [[0.25, 0.25], in_second(0.5, 0.5)],
        [[0.75, 0.25], in_second(0.833333, 0.5)],
    ]


def test_lines_by_geometry_join_the_nearest_pair() -> None:
    # View 2 is mirrored: its position 2 shows the left of view 1.
    lines = lines_of(draw_correspondence(example()), GREEN)
    assert sorted(lines) == [
        [[0.25, 0.25], in_second(0.833333, 0.5)],
        [[0.25, 0.75], in_second(0.5, 0.5)],
    ]


def test_lines_to_neighbors_leave_out_pairs_of_other_sources() -> None:
    lines = lines_of(draw_correspondence(example()), RED)
    assert [sorted(line) for line in sorted(lines)] == [
        [[0.25, 0.25], in_second(0.166667, 0.5)],
        [[0.75, 0.25], in_second(0.166667, 0.5)],
    ]


def test_pairs_of_another_source_have_another_colour() -> None:
    figure = draw_correspondence(example(parts={'depth': pairs([3, 1])}))
    assert lines_of(figure, PURPLE) == [[[0.75, 0.75], in_second(0.5, 0.5)]]
    assert 'paired by depth (some)' in legend_of(figure)


def test_number_of_lines_is_limited() -> None:
    figure = draw_correspondence(example(), num_lines=1)
    assert len(lines_of(figure, GREEN)) == len(lines_of(figure, SKY_BLUE)) == 1


def test_titles_have_the_number_of_positions_and_mark_mirrored_views() -> None:
    titles = [text.get_text() for text in draw_correspondence(example()).axes[0].texts]
    assert titles == [
        'View 1, set 1: 2 positions',
        'View 2 (mirrored), set 2: 2 positions',
    ]


def rectangles(figure: Figure) -> list[tuple]:
    return [
        tuple(np.round([*patch.get_xy(), patch.get_width(), patch.get_height()], 6))
        for patch in figure.axes[0].patches
        if isinstance(patch, Rectangle)
    ]


def test_overlap_is_outlined() -> None:
    # The first is the left half of the image, the second its right three quarters,
    # mirrored. They share the right half of the first and the last third of the second.
    boxes = (torch.tensor([0.0, 0, 0.5, 1]), torch.tensor([1.0, 0, 0.25, 1]))
    figure = draw_correspondence(example(boxes))
    assert rectangles(figure) == [
        (0.5, 0, 0.5, 1),
        (round(1 + GAP + 2 / 3, 6), 0, 0.333333, 1),
    ]


def test_no_outline_without_overlap_or_boxes() -> None:
    apart = (torch.tensor([0.0, 0, 0.2, 1]), torch.tensor([0.5, 0, 1, 1]))
    assert rectangles(draw_correspondence(example(apart))) == []
    assert rectangles(draw_correspondence(example(None))) == []


def test_pixels_have_all_the_colours() -> None:
    pixels = pixels_of(draw_correspondence(example()))
    for color in (SKY_BLUE, ORANGE, GREEN, RED):
        assert shows_color(pixels, color)


def test_attention_is_yellow_and_the_rest_is_dark() -> None:
    nothing = dict(
        sets=tuple(torch.zeros_like(s) for s in example().sets),
        parts=dict(geometry=torch.zeros(4, 3).bool()),
    )
    figure = draw_correspondence(example(None, **nothing))
    pixels = pixels_of(figure)
    height = pixels.shape[0]
    brightness = []
    for y in (0.1, 0.9):  # attended only above
        column, row = figure.axes[0].transData.transform((0.1, y))
        brightness.append(pixels[height - int(row), int(column)])
    red, _, blue = brightness[0]
    assert red > 160 and blue < 120  # yellow over grey
    assert (brightness[1] < 90).all()


@pytest.mark.parametrize(('count', 'columns'), [(1, 1), (3, 1), (4, 2), (9, 3)])
def test_contact_sheet_has_axes_for_each_image(count: int, columns: int) -> None:
    images = [example(name=f'{number}.png') for number in range(count)]
    figure = draw_contact_sheet(images)
    assert [axes.get_title('left') for axes in figure.axes] == [
        image.name for image in images
    ]
    pixels_of(figure)
    edges = {round(axes.get_position().x0, 2) for axes in figure.axes}
    assert len(edges) == columns
    # A wider legend would be cut off.
    legend = figure.legends[0].get_window_extent()
    assert 0 <= legend.x0 and legend.x1 <= figure.bbox.x1


def test_legend_has_only_visible_marks() -> None:
    assert legend_of(draw_correspondence(example())) == [
        'much attention',
        'set 1',
        'set 2',
        'paired by attention (some)',
        'same place (some)',
        'nearest neighbour (some)',
        "set 1's neighbours",
        'shown by both views',
    ]
    sets = tuple(torch.zeros_like(part) for part in example().sets)
    geometry = example(None, sets=sets, parts=dict(geometry=pairs([0, 2])))
    assert legend_of(draw_correspondence(geometry)) == [
        'much attention',
        'same place (some)',
    ]


def test_views_keep_their_shapes() -> None:
    wide = torch.full((3, 8, 16), 128, dtype=torch.uint8)
    figure = draw_correspondence(example(views=(wide, example().views[1])))
    dots = markers_of(figure, SKY_BLUE, '#000000')
    assert dots == [[0.5, 0.25], [1.5, 0.25]]
    assert markers_of(figure, ORANGE, '#000000')[0] == [2 + GAP + 0.5, 0.5]


def test_error_for_an_empty_contact_sheet() -> None:
    with pytest.raises(ValueError, match='no image'):
        draw_contact_sheet([])
