"""Correspondence precision against values by hand and by loops."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from setsim_mm.evaluation import (
    CorrespondenceCount,
    ViewPairs,
    backbone_correspondence_precision,
    centers_inside,
    correspondence_precision,
)
from setsim_mm.structures import ViewFeatures

WHOLE = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
MIRRORED = torch.tensor([[1.0, 0.0, 0.0, 1.0]])


def one_hot_view(rows: int, columns: int, box: Tensor = WHOLE) -> ViewFeatures:
    """A view whose positions have different features."""
    cells = rows * columns
    return ViewFeatures(torch.eye(cells).view(1, cells, rows, columns), box)


def place_view(box: Tensor, rows: int, columns: int) -> ViewFeatures:
    """A view whose features encode the place of a position in the image.

    Unit vectors (cos a, sin a) of nearer angles are more similar. There is one for x
    and one for y.
    """
    x1, y1, x2, y2 = box[0]
    x = x1 + (x2 - x1) * (torch.arange(columns) + 0.5) / columns
    y = y1 + (y2 - y1) * (torch.arange(rows) + 0.5) / rows
    y, x = torch.meshgrid(y, x, indexing='ij')
    return ViewFeatures(torch.stack([x.cos(), x.sin(), y.cos(), y.sin()])[None], box)


def test_all_positions_of_identical_views_are_hits() -> None:
    view = one_hot_view(4, 4)
    count = correspondence_precision(view, view)
    assert (count.positions, count.hits) == (16, 16)
    # Positions within one diagonal, diagonal neighbours included: 4 for each of the 4
    # corners, 6 for the 8 others on the border, 9 for the 4 in the middle, of 16.
    assert count.chance_hits == pytest.approx((4 * 4 + 8 * 6 + 4 * 9) / 16)
    assert count.precision == 1
    assert count.chance == pytest.approx(100 / 256)


def test_equal_features_match_the_first_position() -> None:
    # In a tie the first position is the neighbour. It is near itself and its three
    # neighbours.
    view = ViewFeatures(torch.ones(1, 4, 5, 5), WHOLE)
    count = correspondence_precision(view, view)
    assert (count.positions, count.hits) == (25, 4)


def test_equal_features_in_a_mirrored_view_are_misses() -> None:
    # The same features, but the second view shows the image mirrored: its position
    # (row, column) shows what (row, 4 - column) shows in the first. Neighbours are
    # 2 * |column - 2| cells apart and a diagonal is sqrt(2): the middle column hits.
    query, key = one_hot_view(5, 5), one_hot_view(5, 5, MIRRORED)
    count = correspondence_precision(query, key)
    assert (count.positions, count.hits) == (25, 5)


def test_mirrored_features_in_a_mirrored_view_are_hits() -> None:
    query = one_hot_view(3, 6)
    key = ViewFeatures(query.feature_map.flip(3), MIRRORED)
    assert correspondence_precision(query, key).precision == 1


def test_only_positions_in_the_overlap_are_counted() -> None:
    # The key view is the right half. Of 4 columns the last two lie in it.
    query = one_hot_view(4, 4)
    right_half = torch.tensor([[0.5, 0.0, 1.0, 1.0]])
    inside = centers_inside(query.box, query.grid, right_half).view(4, 4)
    assert inside.tolist() == [[False, False, True, True]] * 4
    # The key's features are those of query positions 0 to 15, which show the whole
    # image: position (row, column) of the query points at x = 0.5 + (column + .5) / 8
    # of the image. For column 2 that is 0.8125, its own place 0.625; for column 3
    # 0.9375 and 0.875. A diagonal is 0.354, so all of them are near.
    key = one_hot_view(4, 4, right_half)
    count = correspondence_precision(query, key)
    assert (count.positions, count.hits) == (8, 8)


def test_views_without_overlap() -> None:
    left = torch.tensor([[0.0, 0.0, 0.3, 1.0]])
    right = torch.tensor([[0.7, 0.0, 1.0, 1.0]])
    count = correspondence_precision(
        one_hot_view(3, 3, left), one_hot_view(3, 3, right)
    )
    assert count == CorrespondenceCount(0, 0, 0)
    assert math.isnan(count.precision) and math.isnan(count.chance)


def test_nearest_neighbor_may_lie_outside_the_overlap() -> None:
    # The query shows the left half, which is two columns of the key's four. Its
    # features are those of the key's last column: a miss. Inside the overlap alone,
    # there would be a hit.
    query = ViewFeatures(torch.ones(1, 2, 1, 1), torch.tensor([[0.0, 0.0, 0.5, 1.0]]))
    features = torch.tensor([[1.0, 0.9, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    key = ViewFeatures(features.view(1, 2, 1, 4), WHOLE)
    count = correspondence_precision(query, key, radius=0.3)
    assert (count.positions, count.hits) == (1, 0)


boxes = st.tuples(
    st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.2, 0.5), st.floats(0.2, 0.5)
)
grids = st.tuples(st.integers(1, 6), st.integers(1, 6))


@given(boxes, boxes, st.booleans(), grids, grids)
def test_against_loops(query_box, key_box, flipped, query_grid, key_grid) -> None:
    """Two grids, flipped or not, against one position at a time."""
    query_box, key_box = (
        torch.tensor([[x, y, x + w, y + h]]) for x, y, w, h in (query_box, key_box)
    )
    if flipped:
        key_box = key_box[:, [2, 1, 0, 3]]
    query, key = (
        ViewFeatures(torch.randn(1, 8, *grid), box)
        for grid, box in ((query_grid, query_box), (key_grid, key_box))
    )
    count = correspondence_precision(query, key)
    positions, hits, chance_hits = count_with_loops(query, key)
    assert (count.positions, count.hits) == (positions, hits)
    assert count.chance_hits == pytest.approx(chance_hits)


def count_with_loops(query: ViewFeatures, key: ViewFeatures) -> tuple:
    positions = hits = chance_hits = 0
    centers, features, diagonals = [], [], []
    for view in (query, key):
        (rows, columns), (x1, y1, x2, y2) = view.grid, view.box[0].tolist()
        width, height = (x2 - x1) / columns, (y2 - y1) / rows
        centers.append(
            [
                (x1 + (c + 0.5) * width, y1 + (r + 0.5) * height)
                for r in range(rows)
                for c in range(columns)
            ]
        )
        features.append(view.feature_map[0].flatten(1).t().double())
        diagonals.append(math.hypot(width, height))
    low_x, high_x = sorted(key.box[0, [0, 2]].tolist())
    low_y, high_y = sorted(key.box[0, [1, 3]].tolist())
    for center, feature in zip(centers[0], features[0], strict=True):
        if not (low_x <= center[0] <= high_x and low_y <= center[1] <= high_y):
            continue
        near = [
            math.dist(center, other) <= max(diagonals) * 1.0001 for other in centers[1]
        ]
        similar = [torch.cosine_similarity(feature, o, 0).item() for o in features[1]]
        positions += 1
        hits += near[similar.index(max(similar))]
        chance_hits += sum(near) / len(near)
    return positions, hits, chance_hits


@pytest.mark.parametrize('grid', [(7, 7), (4, 9)])
def test_features_of_the_place_have_full_precision(grid: tuple[int, int]) -> None:
    query = place_view(torch.tensor([[0.1, 0.2, 0.8, 0.9]]), 7, 7)
    key = place_view(torch.tensor([[0.9, 0.0, 0.3, 0.7]]), *grid)
    count = correspondence_precision(query, key)
    assert count.precision == 1
    assert 0 < count.chance < 0.5


def test_counts_of_batches_add_up() -> None:
    boxes = torch.tensor([[0.0, 0.0, 0.6, 0.7], [0.8, 0.1, 0.2, 1.0]])
    query = ViewFeatures(torch.randn(2, 5, 4, 4), boxes)
    key = ViewFeatures(torch.randn(2, 5, 6, 3), boxes.flip(0))
    parts = [
        correspondence_precision(
            ViewFeatures(query.feature_map[n : n + 1], query.box[n : n + 1]),
            ViewFeatures(key.feature_map[n : n + 1], key.box[n : n + 1]),
        )
        for n in range(2)
    ]
    whole = correspondence_precision(query, key)
    joined = parts[0] + parts[1]
    assert (whole.positions, whole.hits) == (joined.positions, joined.hits)
    assert whole.chance_hits == pytest.approx(joined.chance_hits, rel=1e-12)


def test_error_for_views_without_box() -> None:
    view = ViewFeatures(torch.rand(1, 2, 3, 3))
    with pytest.raises(ValueError, match='box of both views'):
        correspondence_precision(view, view)


class PooledPixels(nn.Module):
    """A backbone that returns a tuple, as in mmselfsup, and records its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.BatchNorm2d(3).eval()
        self.modes = []

    def forward(self, images: Tensor) -> tuple[Tensor]:
        self.modes.append((self.training, torch.is_grad_enabled(), len(images)))
        return (nn.functional.avg_pool2d(images, 2),)


@pytest.fixture
def pairs() -> ViewPairs:
    images = torch.randint(256, (5, 3, 8, 8), dtype=torch.uint8)
    return ViewPairs((images, images.flip(3)), (WHOLE.repeat(5, 1),) * 2, list('abcde'))


def to_float(views: list[Tensor]) -> list[Tensor]:
    return [view.float() for view in views]


def test_backbone_runs_in_evaluation_mode_and_its_modes_are_restored(pairs) -> None:
    backbone = PooledPixels()
    backbone_correspondence_precision(backbone, pairs, to_float, batch_size=2)
    assert backbone.modes == [(False, False, size) for size in (2, 2, 2, 2, 1, 1)]
    assert backbone.training
    assert not backbone.frozen.training


def test_backbone_is_measured_in_both_directions(pairs) -> None:
    backbone = PooledPixels()
    count = backbone_correspondence_precision(backbone, pairs, to_float)
    first, second = (
        ViewFeatures(backbone(images.float())[0], box)
        for images, box in zip(pairs.images, pairs.boxes, strict=True)
    )
    there = correspondence_precision(first, second)
    back = correspondence_precision(second, first)
    assert count == there + back
    assert count.positions == 2 * 5 * 16


def test_batch_size_has_no_effect(pairs) -> None:
    counts = [
        backbone_correspondence_precision(PooledPixels(), pairs, to_float, size)
        for size in (1, 3, 5)
    ]
    assert len({(c.positions, c.hits) for c in counts}) == 1
