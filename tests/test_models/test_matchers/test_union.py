"""Unions of matchers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.models.matchers import (
    GeometricMatcher,
    Set2SetMatcher,
    Set2SetNNMatcher,
    SortMatcher,
    UnionMatcher,
)
from setsim_mm.structures import ViewFeatures
from tests.references import (
    as_mask,
    as_pairs,
    corresponding_sets,
    geometric_pairs,
    with_nearest_neighbors,
)
from tests.strategies import thresholds, view_pairs

SET_AND_GEO = [
    {'type': 'Set2SetMatcher', 'threshold': 0.6},
    {'type': 'GeometricMatcher', 'radius': 0.7},
]


@given(view_pairs(boxes=True), thresholds)
def test_union_is_or(views, threshold):
    parts = [Set2SetMatcher(threshold), GeometricMatcher(), SortMatcher(threshold)]
    expected = parts[0](*views) | parts[1](*views) | parts[2](*views)
    assert UnionMatcher(parts)(*views).equal(expected)


@given(view_pairs(boxes=True), thresholds, st.booleans())
def test_set_and_geo_equal_reference(views, threshold, nearest_neighbor):
    query, key = views
    radius = 0.6837  # no distance equals it
    matcher = UnionMatcher(
        [Set2SetMatcher(threshold), GeometricMatcher(radius)], nearest_neighbor
    )
    masks = matcher(query, key)
    for image, mask in enumerate(masks):
        maps = query.feature_map[image], key.feature_map[image]
        pairs = corresponding_sets(*maps, threshold) | geometric_pairs(
            query.box[image].tolist(), query.grid,
            key.box[image].tolist(), key.grid, radius,
        )  # fmt: skip
        if nearest_neighbor:
            pairs = with_nearest_neighbors(pairs, *maps)
        assert as_pairs(mask) == pairs


@given(view_pairs(), thresholds)
def test_nn_on_top_of_one_set_is_set2set_nn(views, threshold):
    union = UnionMatcher([Set2SetMatcher(threshold)], nearest_neighbor=True)
    assert union(*views).equal(Set2SetNNMatcher(threshold)(*views))


def test_neighbors_join_only_queries_with_a_positive():
    def nothing(query, key):
        return torch.zeros(1, 4, 4, dtype=torch.bool)

    def only_query_2(query, key):
        mask = torch.zeros(1, 4, 4, dtype=torch.bool)
        mask[0, 2, 0] = True
        return mask

    view = ViewFeatures(torch.eye(4).view(1, 4, 2, 2))  # each is its own nearest
    assert not UnionMatcher([nothing], nearest_neighbor=True)(view, view).any()
    union = UnionMatcher([nothing, only_query_2], nearest_neighbor=True)
    assert union(view, view)[0].equal(as_mask({(2, 0), (2, 2)}, 4, 4))


def test_geometry_gets_neighbors_too():
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    query = ViewFeatures(torch.eye(4).view(1, 4, 2, 2), box)
    key = ViewFeatures(torch.eye(4).flip(1).view(1, 4, 2, 2), box)
    union = UnionMatcher([GeometricMatcher()], nearest_neighbor=True)
    expected = torch.eye(4).bool() | torch.eye(4).flip(1).bool()
    assert union(query, key)[0].equal(expected)


def test_unions_nest():
    views = [ViewFeatures(torch.randn(2, 3, 3, 3)) for _ in range(2)]
    nested = UnionMatcher(
        [
            {'type': 'UnionMatcher', 'matchers': [{'type': 'SortMatcher'}]},
            Set2SetMatcher(0.9),
        ]
    )
    expected = SortMatcher()(*views) | Set2SetMatcher(0.9)(*views)
    assert nested(*views).equal(expected)


def test_golden_masks(golden):
    query = ViewFeatures(golden['z_q'], golden['box_q'])
    key = ViewFeatures(golden['z_k'], golden['box_k'])
    parts = [
        Set2SetMatcher(
            golden['attention_threshold'],
            power=2,
            min_similarity=golden['min_similarity'],
        ),
        GeometricMatcher(golden['geometry_radius']),
    ]
    assert UnionMatcher(parts)(query, key).equal(golden['mask_set_geo'])
    union = UnionMatcher(parts, nearest_neighbor=True)
    assert union(query, key).equal(golden['mask_set_geo_nn'])


def test_parts_by_source():
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    views = [ViewFeatures(torch.randn(1, 3, 3, 3), box) for _ in range(2)]
    union = UnionMatcher([*SET_AND_GEO, SortMatcher(0.6)], nearest_neighbor=True)
    parts = union.positives_by_source(*views)
    assert list(parts) == ['attention', 'geometry', 'nearest_neighbor']
    sets = Set2SetMatcher(0.6)(*views) | SortMatcher(0.6)(*views)
    assert parts['attention'].equal(sets)
    assert parts['geometry'].equal(GeometricMatcher(0.7)(*views))
    assert parts['nearest_neighbor'].any(2).equal(union(*views).any(2))


def test_attended_is_that_of_the_first_with_attention():
    view = ViewFeatures(torch.randn(2, 3, 3, 3))
    union = UnionMatcher([GeometricMatcher(), Set2SetMatcher(0.2), SortMatcher(0.9)])
    assert union.attended(view).equal(Set2SetMatcher(0.2).attended(view))
    assert UnionMatcher([GeometricMatcher()]).attended(view) is None


def test_no_matchers():
    with pytest.raises(ValueError, match='at least one matcher'):
        UnionMatcher([])


def test_an_unknown_name_inside_lists_the_names():
    with pytest.raises(ValueError, match=r"'Set3SetMatcher'.*Set2SetMatcher"):
        UnionMatcher([{'type': 'Set3SetMatcher'}])
