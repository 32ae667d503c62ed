"""The sampler's window on embeddings whose pairs are known, and on a slow reference."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.pairs import find_semantic_pairs
from setsim_mm.utils import UserError
from tests.strategies import seeds

SEARCHES = [
    'torch',
    pytest.param(
        'faiss',
        marks=pytest.mark.skipif(find_spec('faiss') is None, reason='needs faiss-cpu'),
    ),
]


def at_angles(*degrees):
    """Unit vectors in a plane; their similarities are cosines of differences."""
    angles = torch.tensor(degrees, dtype=torch.float32).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def found(pairs):
    return list(zip(pairs.anchors.tolist(), pairs.positives.tolist(), strict=True))


@pytest.mark.parametrize('search', SEARCHES)
def test_known_pairs(search):
    # 0 and 1 are near-duplicates, 2 is like them, 3 is alone.
    features = at_angles(0, 1, 20, 120)
    pairs = find_semantic_pairs(features, 0.9, 0.999, search=search)
    assert found(pairs) == [(0, 2), (1, 2), (2, 1)]
    np.testing.assert_allclose(
        pairs.similarities, np.cos(np.deg2rad([20, 19, 19])), atol=1e-6
    )
    np.testing.assert_allclose(
        pairs.nearest, np.cos(np.deg2rad([1, 1, 19, 100])), atol=1e-6
    )
    more = find_semantic_pairs(features, 0.9, 1.0, per_anchor=2, search=search)
    assert found(more) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 1), (2, 0)]


def test_without_a_minimum_it_is_the_median_of_the_nearest():
    # The nearest images are at 10, 10, 20 and 60 degrees; of the two in the middle, the
    # smaller cosine is the median.
    pairs = find_semantic_pairs(at_angles(0, 10, 30, 90), None, 0.99)
    assert found(pairs) == [(0, 1), (1, 0), (2, 1)]
    assert pairs.low == pytest.approx(np.cos(np.deg2rad(20)), abs=1e-6)


@pytest.mark.parametrize('search', SEARCHES)
def test_more_near_duplicates_than_neighbours_at_first(search):
    features = at_angles(*[0] * 50, 20, 20)
    pairs = find_semantic_pairs(features, 0.9, 0.999, per_anchor=2, search=search)
    copies = [(anchor, positive) for anchor in range(50) for positive in (50, 51)]
    assert found(pairs) == [*copies, (50, 0), (50, 1), (51, 0), (51, 1)]


@given(
    seeds, st.integers(2, 40), st.integers(1, 4), st.floats(-0.5, 0.8), st.booleans()
)
def test_equals_a_slow_reference(seed, number, per_anchor, low, half):
    generator = torch.Generator().manual_seed(seed)
    # Few values, so that there are ties and copies.
    features = torch.randint(-1, 2, (number, 3), generator=generator).float()
    features = F.normalize(features + 0.01, dim=1)
    features = features.half() if half else features
    matrix = (features.float() @ features.float().t()).clamp(-1, 1)
    expected = [
        (anchor, positive)
        for anchor in range(number)
        for positive in sorted(
            (
                other
                for other in range(number)
                if other != anchor and low <= matrix[anchor, other] <= 0.9
            ),
            key=lambda other: (-matrix[anchor, other].item(), other),
        )[:per_anchor]
    ]
    if not expected:
        with pytest.raises(UserError, match='no similarity is between'):
            find_semantic_pairs(features, low, 0.9, per_anchor)
        return
    assert found(find_semantic_pairs(features, low, 0.9, per_anchor)) == expected


def test_a_window_that_keeps_nothing_names_the_similarities():
    with pytest.raises(UserError, match=r'0\.500 to 0\.866, at the median 0\.866'):
        find_semantic_pairs(at_angles(0, 30, 90), 0.9, 0.99)


@pytest.mark.parametrize(
    ('numbers', 'message'),
    [
        ((0.9, 0.9), 'window'),
        ((-2, 0.9), 'window'),
        ((0.5, float('nan')), 'window'),
        ((0.5, 0.9, 0), '--per-anchor'),
    ],
)
def test_numbers_out_of_range(numbers, message):
    with pytest.raises(UserError, match=message):
        find_semantic_pairs(at_angles(0, 30), *numbers)


def test_one_image_has_no_pair():
    with pytest.raises(UserError, match='two images'):
        find_semantic_pairs(at_angles(0), 0.5, 0.9)
