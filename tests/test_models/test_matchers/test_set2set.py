"""Set2Set and Set2Set-NN."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.models.matchers import Set2SetMatcher, Set2SetNNMatcher
from setsim_mm.structures import ViewFeatures
from tests.references import as_mask, corresponding_sets, with_nearest_neighbors
from tests.strategies import thresholds, view_pairs

BOTH = [Set2SetMatcher, Set2SetNNMatcher]


def view_of(*vectors):
    """A view of one image with a row of positions."""
    return ViewFeatures(torch.tensor(vectors).T[None, :, None, :])


def test_set2set_by_hand():
    query = view_of((4.0, 0.0), (0.0, 1.0), (-3.0, 1.0))  # attention 4, 1, 4
    key = view_of((0.0, -2.0), (5.0, 5.0))  # attention 2, 10
    assert Set2SetMatcher()(query, key).int().tolist() == [[[0, 1], [0, 0], [0, 1]]]


def test_the_nearest_neighbor_need_not_be_attended():
    query = view_of((4.0, 0.0), (0.0, 1.0), (-3.0, 1.0))
    key = view_of((-1.0, 0.0), (5.0, 5.0))
    # Attended are queries 0 and 2 and key 1; the nearest keys are 1, 1 and 0.
    assert Set2SetNNMatcher()(query, key).int().tolist() == [[[0, 1], [0, 0], [1, 1]]]


def test_min_similarity_drops_pairs_but_not_the_neighbors_of_what_is_left():
    query = view_of((4.0, 0.0), (0.0, 1.0), (-3.0, 1.0))
    key = view_of((1.0, 0.0), (5.0, 5.0))
    kept = {'min_similarity': 0.5}
    # Query 2 has a cosine of -0.45 with key 1, so it has no set and gets no neighbour.
    assert Set2SetMatcher(**kept)(query, key).int().tolist() == [
        [[0, 1], [0, 0], [0, 0]]
    ]
    assert Set2SetNNMatcher(**kept)(query, key).int().tolist() == [
        [[1, 1], [0, 0], [0, 0]]
    ]


@given(view_pairs(), thresholds, st.sampled_from([None, -1, -0.3, 0, 0.4]))
def test_masks_equal_reference(views, threshold, min_similarity):
    query, key = views
    maps = list(zip(query.feature_map, key.feature_map, strict=True))
    sets = [corresponding_sets(*m, threshold, 1, min_similarity) for m in maps]
    size = query.grid[0] * query.grid[1], key.grid[0] * key.grid[1]
    expected = torch.stack([as_mask(pairs, *size) for pairs in sets])
    arguments = {'threshold': threshold, 'min_similarity': min_similarity}
    assert Set2SetMatcher(**arguments)(query, key).equal(expected)

    sets = [
        with_nearest_neighbors(pairs, *m) for pairs, m in zip(sets, maps, strict=True)
    ]
    expected = torch.stack([as_mask(pairs, *size) for pairs in sets])
    assert Set2SetNNMatcher(**arguments)(query, key).equal(expected)


@given(view_pairs(), thresholds)
def test_swapping_the_views_transposes_the_sets(views, threshold):
    query, key = views
    matcher = Set2SetMatcher(threshold)
    assert matcher(key, query).equal(matcher(query, key).transpose(1, 2))


@given(view_pairs(), thresholds)
def test_a_view_with_itself_is_symmetric(views, threshold):
    view = views[0]
    mask = Set2SetMatcher(threshold)(view, view)
    assert mask.equal(mask.transpose(1, 2))


@pytest.mark.parametrize('matcher', BOTH)
def test_threshold_0_pairs_everything(matcher):
    views = [ViewFeatures(torch.randn(2, 5, 2, 3)) for _ in range(2)]
    assert matcher(threshold=0)(*views).all()


@pytest.mark.parametrize('matcher', BOTH)
def test_threshold_1_keeps_the_maxima(matcher):
    query, key = (ViewFeatures(torch.randn(2, 5, 3, 3)) for _ in range(2))
    top_q, top_k = (
        v.feature_map.abs().sum(1).flatten(1).argmax(1) for v in (query, key)
    )
    mask = matcher(threshold=1)(query, key)
    for image in range(2):
        assert mask[image].any(1).nonzero().tolist() == [[top_q[image]]]
        assert mask[image, top_q[image], top_k[image]]


@pytest.mark.parametrize('matcher', BOTH)
@pytest.mark.parametrize('power', [1, 2])
@pytest.mark.parametrize('value', [0.0, 1.0])
def test_constant_maps_pair_everything(matcher, power, value):
    views = [ViewFeatures(torch.full((2, 5, 3, 2), value)) for _ in range(2)]
    assert matcher(power=power)(*views).all()


def test_power_changes_what_is_attended():
    # Sums 4, 3, 0 give 1, 0.75, 0; mean squares 4, 4.5, 0 give 0.89, 1, 0.
    view = view_of((2.0, 2.0), (3.0, 0.0), (0.0, 0.0))
    assert Set2SetMatcher(0.8, power=1)(view, view).sum() == 1
    assert Set2SetMatcher(0.8, power=2)(view, view).sum() == 4


@pytest.mark.parametrize(
    ('matcher', 'answer'),
    [(Set2SetMatcher, 'mask_set'), (Set2SetNNMatcher, 'mask_set_nn')],
)
def test_golden_masks(golden, matcher, answer):
    matcher = matcher(
        golden['attention_threshold'], power=2, min_similarity=golden['min_similarity']
    )
    mask = matcher(ViewFeatures(golden['z_q']), ViewFeatures(golden['z_k']))
    assert mask.equal(golden[answer])


@pytest.mark.parametrize('min_similarity', [2, -1.5, float('nan')])
def test_min_similarity_outside_the_cosines(min_similarity):
    with pytest.raises(ValueError, match=r'min_similarity.*-1 and 1'):
        Set2SetMatcher(min_similarity=min_similarity)


def test_repr_shows_hyper_parameters():
    assert repr(Set2SetMatcher(0.3, 2, 0.2)) == (
        'Set2SetMatcher(threshold=0.3, power=2, min_similarity=0.2)'
    )
