"""Geometric matching."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.datasets import OTHER_IMAGE
from setsim_mm.evaluation import correspondence_precision
from setsim_mm.models.matchers import (
    GeometricMatcher,
    Set2SetMatcher,
    UnionMatcher,
    cell_centers,
    cell_diagonals,
    geometric_distance,
)
from setsim_mm.structures import ViewFeatures
from tests.references import as_mask, cells, geometric_distances
from tests.strategies import view_pairs

WHOLE = [0.0, 0.0, 1.0, 1.0]


def view_of(box, grid=(2, 2)):
    """A view of one image; its features do not matter to geometry."""
    return ViewFeatures(torch.zeros(1, 1, *grid), torch.tensor([box]))


def test_centers_by_hand():
    centers = cell_centers(
        torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.2, 0.4, 0.6, 0.8]]), (2, 1)
    )
    expected = [[[0.5, 0.25], [0.5, 0.75]], [[0.4, 0.5], [0.4, 0.7]]]
    torch.testing.assert_close(centers, torch.tensor(expected))


def test_a_flipped_box_runs_backwards_along_x_only():
    box = torch.tensor([[0.2, 0.1, 0.8, 0.9]])
    flipped = box[:, [2, 1, 0, 3]]
    centers, backwards = cell_centers(box, (2, 3)), cell_centers(flipped, (2, 3))
    mirrored = centers.view(1, 2, 3, 2).flip(2).flatten(1, 2)
    torch.testing.assert_close(backwards, mirrored)


def test_the_diagonal_of_a_cell():
    box = torch.tensor([[0.0, 0.0, 0.9, 0.8], [0.9, 0.0, 0.0, 0.8]])
    torch.testing.assert_close(
        cell_diagonals(box, (2, 3)), torch.full((2,), math.hypot(0.3, 0.4))
    )


def test_units_are_the_larger_diagonal():
    large, small = torch.tensor([WHOLE]), torch.tensor([[0.0, 0.0, 0.1, 0.1]])
    # Centres (0.5, 0.5) and (0.05, 0.05); the diagonals are 1.41 and 0.14.
    for boxes in ((large, small), (small, large)):
        distance = geometric_distance(boxes[0], (1, 1), boxes[1], (1, 1))
        torch.testing.assert_close(distance, torch.full((1, 1, 1), 0.45))


@given(view_pairs(boxes=True))
def test_distance_equals_reference(views):
    query, key = views
    distance = geometric_distance(query.box, query.grid, key.box, key.grid)
    expected = [
        geometric_distances(q.tolist(), query.grid, k.tolist(), key.grid)
        for q, k in zip(query.box, key.box, strict=True)
    ]
    torch.testing.assert_close(distance, torch.tensor(expected), rtol=1e-4, atol=1e-4)


@given(view_pairs(boxes=True), st.floats(0.1, 2))
def test_masks_equal_reference(views, radius):
    query, key = views
    mask = GeometricMatcher(radius)(query, key)
    for image, (q, k) in enumerate(zip(query.box, key.box, strict=True)):
        distances = torch.tensor(
            geometric_distances(q.tolist(), query.grid, k.tolist(), key.grid)
        )
        # float32 may put a distance that equals the radius on either side.
        decided = (distances - radius).abs() > 1e-4
        assert mask[image][decided].equal((distances < radius)[decided])


@given(view_pairs(boxes=True))
def test_swapping_the_views_transposes_the_mask(views):
    query, key = views
    matcher = GeometricMatcher()
    assert matcher(key, query).equal(matcher(query, key).transpose(1, 2))


@given(view_pairs(boxes=True))
def test_the_features_do_not_matter(views):
    query, key = views
    others = [ViewFeatures(torch.rand_like(v.feature_map), v.box) for v in views]
    assert GeometricMatcher()(query, key).equal(GeometricMatcher()(*others))


@given(view_pairs(boxes=True), st.floats(0.1, 2))
def test_flipping_both_views_reverses_rows_and_columns(views, radius):
    def flip_mask(mask, query, key):
        shape = len(mask), *query.grid, *key.grid
        return mask.view(shape).flip(2, 4).view_as(mask)

    query, key = views
    flipped = [ViewFeatures(v.feature_map, v.box[:, [2, 1, 0, 3]]) for v in views]
    distance = geometric_distance(query.box, query.grid, key.box, key.grid)
    decided = (distance - radius).abs() > 1e-4
    matcher = GeometricMatcher(radius)
    expected = flip_mask(matcher(query, key), query, key)
    decided = flip_mask(decided, query, key)
    assert matcher(*flipped)[decided].equal(expected[decided])


def test_identical_boxes_give_the_identity():
    # The nearest neighbours in square cells are 1/sqrt(2) = 0.7071 diagonals away.
    view = view_of([0.1, 0.2, 0.8, 0.9], (7, 7))
    for radius in (0.01, 0.5, 0.7):
        assert GeometricMatcher(radius)(view, view)[0].equal(torch.eye(49).bool())


def test_at_a_radius_above_the_cell_side_neighbors_join():
    view = view_of(WHOLE, (3, 3))
    assert GeometricMatcher(0.72)(view, view)[0].sum(1).tolist() == [
        3, 4, 3, 4, 5, 4, 3, 4, 3,
    ]  # fmt: skip


def test_the_radius_itself_is_outside():
    # Cells of 3/8 by 4/8 have diagonals of 5/8; the boxes are 5/8 apart, exactly.
    query, key = (
        view_of([0.0, 0.0, 0.375, 0.5], (1, 1)),
        view_of([0.625, 0.0, 1.0, 0.5], (1, 1)),
    )
    assert not GeometricMatcher(1.0)(query, key).any()
    assert GeometricMatcher(1.0001)(query, key).all()


def test_an_identical_box_flipped_pairs_mirrored_columns():
    view, flipped = view_of(WHOLE, (1, 3)), view_of([1.0, 0.0, 0.0, 1.0], (1, 3))
    mask = GeometricMatcher(0.1)(view, flipped)[0]
    assert mask.int().tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_disjoint_boxes_have_no_pairs():
    query, key = view_of([0.0, 0.0, 0.4, 0.4]), view_of([0.6, 0.6, 1.0, 1.0])
    assert not GeometricMatcher()(query, key).any()


def test_different_grids():
    # One large cell over four small ones: all lie 0.5 large diagonals from its centre.
    query, key = view_of(WHOLE, (1, 1)), view_of(WHOLE, (2, 2))
    assert GeometricMatcher(0.26)(query, key).all()
    assert not GeometricMatcher(0.24)(query, key).any()


def test_boxes_differ_within_a_batch():
    box = torch.tensor([[0.0, 0.0, 0.4, 0.4], WHOLE])
    other = torch.tensor([[0.6, 0.6, 1.0, 1.0], WHOLE])
    views = [ViewFeatures(torch.zeros(2, 1, 2, 2), b) for b in (box, other)]
    mask = GeometricMatcher()(*views)
    assert not mask[0].any()
    assert mask[1].equal(torch.eye(4).bool())


def test_boxes_in_float64_and_features_in_half_precision():
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]], dtype=torch.float64)
    view = ViewFeatures(torch.zeros(1, 1, 2, 2, dtype=torch.bfloat16), box)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert GeometricMatcher()(view, view)[0].equal(torch.eye(4).bool())


def test_golden_masks(golden):
    query = ViewFeatures(golden['z_q'], golden['box_q'])
    key = ViewFeatures(golden['z_k'], golden['box_k'])
    mask = GeometricMatcher(golden['geometry_radius'])(query, key)
    assert mask.equal(golden['mask_geo'])


def test_the_reference_by_hand():
    centers, diagonal = cells((0, 0, 4, 4), (1, 2))
    assert centers == [(1, 2), (3, 2)]
    assert diagonal == math.hypot(2, 4)
    assert as_mask({(0, 1)}, 1, 2).tolist() == [[False, True]]


@pytest.mark.parametrize('missing', ['query', 'key'])
def test_without_boxes(missing):
    views = {'query': view_of(WHOLE), 'key': view_of(WHOLE)}
    views[missing] = ViewFeatures(torch.zeros(1, 1, 2, 2))
    with pytest.raises(ValueError, match=r'GeometricMatcher.*view_boxes'):
        GeometricMatcher()(**views)


@pytest.mark.parametrize('radius', [0, -0.5])
def test_radius_must_be_positive(radius):
    with pytest.raises(ValueError, match='radius'):
        GeometricMatcher(radius)


def test_views_of_different_images_match_by_sets_only():
    """Second image of the batch: its key view was cut from another image."""
    whole = torch.tensor([WHOLE, WHOLE])
    elsewhere = torch.tensor([WHOLE, list(OTHER_IMAGE)])
    features = torch.rand(2, 8, 3, 3)
    one, other = ViewFeatures(features, whole), ViewFeatures(features, elsewhere)
    for query, key in ((one, other), (other, one)):
        distance = geometric_distance(query.box, (3, 3), key.box, (3, 3))
        assert distance[0].isfinite().all() and distance[1].isnan().all()
        geometry = GeometricMatcher(radius=100)
        assert geometry(query, key)[0].all() and not geometry(query, key)[1].any()
        sets = Set2SetMatcher(threshold=0.5)
        parts = UnionMatcher([sets, geometry]).positives_by_source(query, key)
        assert (
            parts['attention'].equal(sets(query, key)) and parts['attention'][1].any()
        )
        assert not parts['geometry'][1].any()
        expected = correspondence_precision(
            ViewFeatures(features[:1], query.box[:1]),
            ViewFeatures(features[:1], key.box[:1]),
        )
        assert correspondence_precision(query, key) == expected
