"""Pictures of corresponding sets: every element is there, in its place."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from setsim_mm.evaluation import ViewPairs
from setsim_mm.models.matchers import build_matcher
from setsim_mm.structures import ViewFeatures
from setsim_mm.visualization import (
    CorrespondingSets,
    corresponding_sets,
    draw_contact_sheet,
    draw_correspondence,
    sets_found_by,
)
from setsim_mm.visualization.correspondence import GAP
from setsim_mm.visualization.palette import GREEN, ORANGE, RED, SKY_BLUE

from .pixels import pixels_of, shows_color

WHOLE, MIRRORED = torch.tensor([0.0, 0, 1, 1]), torch.tensor([1.0, 0, 0, 1])


def example(boxes=(WHOLE, MIRRORED), **changes) -> CorrespondingSets:
    """2x2 positions in view 1 and 1x3 in view 2."""
    found = dict(
        views=tuple(torch.full((3, 8, 8), 128, dtype=torch.uint8) for _ in range(2)),
        attention=(torch.tensor([[1.0, 0.9], [0, 0]]), torch.tensor([[0, 1.0, 0.8]])),
        sets=(
            torch.tensor([[True, True], [False, False]]),
            torch.tensor([[False, True, True]]),
        ),
        geometry=torch.tensor([[0, 0, 1], [0, 0, 0], [0, 1, 1], [0, 0, 0]]).bool(),
        neighbors=torch.tensor([[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]).bool(),
        boxes=boxes,
    )
    return CorrespondingSets(**{**found, **changes})


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
    # Position 2 has a neighbour, too, but does not belong to set 1.
    rings = markers_of(draw_correspondence(example()), 'none', RED)
    assert rings == [in_second(0.166667, 0.5)]


def test_lines_by_attention_start_at_the_most_attended_position() -> None:
    lines = lines_of(draw_correspondence(example()), SKY_BLUE)
    assert sorted(lines) == [
        [[0.25, 0.25], in_second(0.5, 0.5)],
        [[0.25, 0.25], in_second(0.833333, 0.5)],
    ]


def test_lines_by_geometry_end_between_the_partners() -> None:
    lines = lines_of(draw_correspondence(example()), GREEN)
    assert sorted(lines) == [
        [[0.25, 0.25], in_second(0.833333, 0.5)],
        [[0.25, 0.75], in_second(0.666667, 0.5)],
    ]


def test_number_of_lines_is_limited() -> None:
    figure = draw_correspondence(example(), num_lines=1)
    assert len(lines_of(figure, GREEN)) == len(lines_of(figure, SKY_BLUE)) == 1


def test_titles_count_positions_and_tell_mirrored_views() -> None:
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


def test_what_both_views_show_is_outlined() -> None:
    # The first is the left half of the image, the second its right three quarters,
    # mirrored: of the first they share the right half, of the second the last third.
    boxes = (torch.tensor([0.0, 0, 0.5, 1]), torch.tensor([1.0, 0, 0.25, 1]))
    figure = draw_correspondence(example(boxes))
    assert rectangles(figure) == [
        (0.5, 0, 0.5, 1),
        (round(1 + GAP + 2 / 3, 6), 0, 0.333333, 1),
    ]


def test_nothing_is_outlined_without_overlap_or_boxes() -> None:
    apart = (torch.tensor([0.0, 0, 0.2, 1]), torch.tensor([0.5, 0, 1, 1]))
    assert rectangles(draw_correspondence(example(apart))) == []
    assert rectangles(draw_correspondence(example(None))) == []


def test_pixels_have_all_the_colours() -> None:
    pixels = pixels_of(draw_correspondence(example()))
    for color in (SKY_BLUE, ORANGE, GREEN, RED):
        assert shows_color(pixels, color)


def test_attention_darkens_the_rest() -> None:
    nothing = dict(
        sets=tuple(torch.zeros_like(s) for s in example().sets),
        geometry=torch.zeros(4, 3).bool(),
        neighbors=torch.zeros(4, 3).bool(),
    )
    figure = draw_correspondence(example(None, **nothing))
    pixels = pixels_of(figure)
    height = pixels.shape[0]
    brightness = []
    for y in (0.1, 0.9):  # attended above, not below
        column, row = figure.axes[0].transData.transform((0.1, y))
        brightness.append(pixels[height - int(row), int(column), 0])
    assert brightness[0] == pytest.approx(128, abs=4)
    assert brightness[1] < 90


def test_contact_sheet_has_a_row_for_each_image() -> None:
    without_sets = example(sets=tuple(torch.zeros_like(s) for s in example().sets))
    figure = draw_contact_sheet([example(), without_sets, example()])
    assert len(figure.axes) == 3
    assert lines_of(figure, SKY_BLUE, row=1) == []
    assert len(figure.legends[0].get_texts()) == 6


def test_contact_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match='there is no image to draw'):
        draw_contact_sheet([])


def view(rows: int, columns: int, box: torch.Tensor = WHOLE) -> ViewFeatures:
    return ViewFeatures(torch.rand(2, 5, rows, columns), box.repeat(2, 1))


IMAGES = tuple(torch.zeros(2, 3, 8, 8, dtype=torch.uint8) for _ in range(2))


def test_a_matcher_is_asked_for_everything() -> None:
    matcher = build_matcher(
        dict(
            type='UnionMatcher',
            matchers=[
                dict(type='Set2SetMatcher', threshold=0.6),
                dict(type='GeometricMatcher', radius=0.7),
            ],
            nearest_neighbor=True,
        )
    )
    query, key = view(3, 4), view(2, 5, MIRRORED)
    found = corresponding_sets(matcher, query, key, IMAGES)
    parts = matcher.positives_by_source(query, key)
    assert len(found) == 2
    for n, sets in enumerate(found):
        assert torch.equal(sets.sets[0].flatten(), matcher.attended(query)[n])
        assert torch.equal(sets.sets[1].flatten(), matcher.attended(key)[n])
        assert torch.equal(sets.geometry, parts['geometry'][n])
        assert torch.equal(sets.neighbors, parts['nearest_neighbor'][n])
        assert [a.shape for a in sets.attention] == [(3, 4), (2, 5)]
        assert all(a.min() == 0 and a.max() == 1 for a in sets.attention)
    draw_contact_sheet(found)


@pytest.mark.parametrize(
    ('matcher', 'parts'),
    [
        (dict(type='GeometricMatcher'), ['geometry']),
        (dict(type='Set2SetNNMatcher'), ['neighbors', 'sets']),
        (dict(type='RandomMatcher'), ['sets']),
    ],
)
def test_matchers_that_lack_a_part(matcher: dict, parts: list[str]) -> None:
    (found, _) = corresponding_sets(
        build_matcher(matcher), view(3, 3), view(3, 3), IMAGES
    )
    assert found.geometry.any() == ('geometry' in parts)
    assert found.neighbors.any() == ('neighbors' in parts)
    assert found.sets[0].any() == ('sets' in parts)
    draw_correspondence(found)


class TinyModel(nn.Module):
    """What is asked of an algorithm, and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.AvgPool2d(2), nn.BatchNorm2d(3), Tuple())
        self.matcher = build_matcher(dict(type='Set2SetMatcher'))

    def data_preprocessor(self, data: dict) -> tuple:
        return [view.float() for view in data['inputs']], []


class Tuple(nn.Module):
    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor]:
        return (features,)


def test_a_model_is_run_and_left_in_training_mode() -> None:
    model = TinyModel()
    images = torch.randint(256, (3, 3, 8, 6), dtype=torch.uint8)
    pairs = ViewPairs((images, images), (WHOLE.repeat(3, 1),) * 2)
    found = sets_found_by(model, pairs)
    assert len(found) == 3 and found[0].sets[0].shape == (4, 3)
    assert model.backbone[1].training
    assert model.backbone[1].num_batches_tracked == 0
