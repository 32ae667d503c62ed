"""Random, Sort and Hungarian: attended positions paired one to one."""

import pytest
import torch
from hypothesis import given

from setsim_mm.models.matchers import HungarianMatcher, RandomMatcher, SortMatcher
from setsim_mm.structures import ViewFeatures
from tests.references import as_pairs, attended, attention, least_cost, similarities
from tests.strategies import thresholds, view_pairs

ALL = [HungarianMatcher, RandomMatcher, SortMatcher]


def view_of(*vectors):
    """A view of one image with a row of positions."""
    return ViewFeatures(torch.tensor(vectors).T[None, :, None, :])


def kept_positions(query_map, key_map, threshold):
    """The min(m, n) most attended positions of either view, most attended first."""
    count = min(len(attended(query_map, threshold)), len(attended(key_map, threshold)))
    orders = []
    for feature_map in (query_map, key_map):
        values = attention(feature_map)
        orders.append(sorted(range(len(values)), key=lambda j: -values[j])[:count])
    return orders


def test_sort_by_hand():
    query = view_of((5.0,), (-9.0,), (0.0,), (8.0,))  # ranks 2, 0, -, 1
    key = view_of((7.0,), (0.0,), (-10.0,), (1.0,), (9.0,))  # ranks 2, -, 0, -, 1
    assert as_pairs(SortMatcher(0.5)(query, key)[0]) == {(1, 2), (3, 4), (0, 0)}


def test_sort_keeps_the_most_attended_of_the_larger_side():
    query = view_of((5.0,), (-9.0,), (0.0,), (8.0,))
    key = view_of((0.0,), (10.0,), (9.0,))  # two attend, so query 0 is left out
    assert as_pairs(SortMatcher(0.5)(query, key)[0]) == {(1, 1), (3, 2)}


def test_hungarian_by_hand():
    # Greedy would give query 0 its best, key 0 (cosine 1), and leave query 1 with
    # key 1 (-1); the least cost gives up a little on 0.
    query = view_of((1.0, 0.0), (0.8, -0.6))
    key = view_of((1.0, 0.0), (0.6, 0.8))
    assert as_pairs(HungarianMatcher(0)(query, key)[0]) == {(0, 1), (1, 0)}


def test_hungarian_uses_the_cosine_not_the_product():
    query = view_of((1.0, 0.0), (0.0, 1.0))
    key = view_of((1.0, 9.0), (1.0, 0.5))
    assert as_pairs(HungarianMatcher(0)(query, key)[0]) == {(0, 1), (1, 0)}


@pytest.mark.parametrize('matcher', ALL)
@given(views=view_pairs(), threshold=thresholds)
def test_pairs_are_one_to_one_among_the_kept(matcher, views, threshold):
    query, key = views
    masks = matcher(threshold)(query, key)
    assert masks.dtype == torch.bool
    for mask, *maps in zip(masks, query.feature_map, key.feature_map, strict=True):
        kept_queries, kept_keys = kept_positions(*maps, threshold)
        pairs = as_pairs(mask)
        assert len(pairs) == len(kept_queries) >= 1
        assert {i for i, _ in pairs} == set(kept_queries)
        assert {j for _, j in pairs} == set(kept_keys)


@given(view_pairs(), thresholds)
def test_sort_pairs_rank_by_rank(views, threshold):
    query, key = views
    masks = SortMatcher(threshold)(query, key)
    for mask, *maps in zip(masks, query.feature_map, key.feature_map, strict=True):
        kept = kept_positions(*maps, threshold)
        assert as_pairs(mask) == set(zip(*kept, strict=True))


@given(view_pairs(), thresholds)
def test_hungarian_has_the_least_cost(views, threshold):
    query, key = views
    masks = HungarianMatcher(threshold)(query, key)
    for mask, *maps in zip(masks, query.feature_map, key.feature_map, strict=True):
        kept_queries, kept_keys = kept_positions(*maps, threshold)
        if len(kept_queries) > 6:
            continue  # brute force over permutations
        sim = similarities(*maps)
        costs = [[1 - sim[i][j] for j in kept_keys] for i in kept_queries]
        total = sum(1 - sim[i][j] for i, j in as_pairs(mask))
        assert total == pytest.approx(least_cost(costs), abs=1e-5)


@given(view_pairs(), thresholds)
def test_sort_follows_a_permutation_of_positions(views, threshold):
    query, key = views
    masks = SortMatcher(threshold)(query, key)
    flat = key.feature_map.flatten(2)
    order = torch.randperm(flat.shape[2])
    shuffled = ViewFeatures(flat[:, :, order].view_as(key.feature_map))
    assert SortMatcher(threshold)(query, shuffled).equal(masks[:, :, order])


def test_random_pairs_are_uniform():
    # On a constant map all three attend; 1200 images draw 1200 permutations of them.
    view = ViewFeatures(torch.ones(1200, 2, 1, 3))
    masks = RandomMatcher()(view, view)
    columns = masks.int().argmax(2)
    permutations, counts = columns.unique(dim=0, return_counts=True)
    assert len(permutations) == 6
    chi_square = ((counts - 200) ** 2 / 200).sum()
    assert chi_square < 25.7  # 5 degrees of freedom, one in 10,000


def test_random_pairs_do_not_depend_on_attention():
    # Only the kept matters: three of six, with attention 10, 9, 8.
    view = view_of((1.0,), (9.0,), (0.0,), (10.0,), (2.0,), (8.0,))
    view = ViewFeatures(view.feature_map.expand(1200, -1, -1, -1))
    masks = RandomMatcher(0.7)(view, view)[:, [1, 3, 5]][:, :, [1, 3, 5]]
    counts = masks.sum(0)  # each of nine cells in a third of the images
    assert counts.sum() == 3600
    assert (counts - 400).abs().max() < 5 * (1200 * 1 / 3 * 2 / 3) ** 0.5


def test_random_differs_between_calls_and_follows_the_seed():
    view = ViewFeatures(torch.ones(4, 2, 3, 3))
    matcher = RandomMatcher()
    torch.manual_seed(1)
    first, second = matcher(view, view), matcher(view, view)
    assert not first.equal(second)
    torch.manual_seed(1)
    assert matcher(view, view).equal(first)


@pytest.mark.parametrize('matcher', ALL)
def test_constant_maps_pair_as_many_as_fit(matcher):
    query = ViewFeatures(torch.ones(2, 3, 2, 2))
    key = ViewFeatures(torch.ones(2, 3, 3, 3))
    mask = matcher()(query, key)
    assert mask.shape == (2, 4, 9)
    assert mask.sum(2).tolist() == [[1] * 4] * 2
    assert mask.sum(1).max() == 1


@pytest.mark.parametrize('matcher', ALL)
def test_threshold_1_pairs_the_two_maxima(matcher):
    query = view_of((5.0,), (-9.0,), (0.0,))
    key = view_of((0.0,), (1.0,), (2.0,), (-3.0,))
    assert as_pairs(matcher(1)(query, key)[0]) == {(1, 3)}


@pytest.mark.parametrize('matcher', ALL)
def test_images_of_a_batch_do_not_mix(matcher):
    query, key = (ViewFeatures(torch.randn(3, 4, 3, 3)) for _ in range(2))
    whole = matcher(0.4)(query, key)
    for image in range(3):
        alone = matcher(0.4)(
            *(ViewFeatures(v.feature_map[image : image + 1]) for v in (query, key))
        )[0]
        if matcher is RandomMatcher:
            assert alone.any(1).equal(whole[image].any(1))
            assert alone.any(0).equal(whole[image].any(0))
        else:
            assert alone.equal(whole[image])


@pytest.mark.parametrize('matcher', ALL)
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision(matcher, dtype):
    view = ViewFeatures(torch.randn(2, 4, 3, 3, dtype=dtype))
    assert matcher()(view, view).any(2).any(1).all()


@pytest.mark.parametrize('matcher', ALL)
def test_features_with_a_gradient(matcher):
    view = ViewFeatures(torch.randn(1, 4, 3, 3, requires_grad=True))
    assert not matcher()(view, view).requires_grad
