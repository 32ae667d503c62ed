"""Cosine similarity and nearest neighbours: Eq. 6."""

import pytest
import torch
from hypothesis import given

from setsim_mm.models.matchers import cosine_similarity, nearest_neighbors
from tests.references import similarities
from tests.strategies import view_pairs


def test_similarity_by_hand():
    query = torch.tensor([[[[3.0, 0.0]], [[4.0, 0.0]]]])  # (3, 4) and (0, 0)
    key = torch.tensor([[[[1.0], [0.0]], [[0.0], [-2.0]]]])  # (1, 0) over (0, -2)
    torch.testing.assert_close(
        cosine_similarity(query, key), torch.tensor([[[0.6, -0.8], [0.0, 0.0]]])
    )


@given(view_pairs())
def test_similarity_equals_reference(views):
    query, key = (view.feature_map for view in views)
    expected = [similarities(q, k) for q, k in zip(query, key, strict=True)]
    torch.testing.assert_close(
        cosine_similarity(query, key), torch.tensor(expected), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_compared_in_float32(dtype):
    query, key = torch.randn(2, 1, 64, 3, 3).to(dtype)
    with torch.autocast('cpu', dtype=dtype):
        result = cosine_similarity(query, key)
    assert result.dtype == torch.float32
    expected = torch.tensor([similarities(query[0], key[0])])
    torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-6)


def test_nearest_neighbors_by_hand():
    similarity = torch.tensor([[[0.1, 0.9, 0.3], [-0.2, -0.9, -0.1]]])
    assert nearest_neighbors(similarity).int().tolist() == [[[0, 1, 0], [0, 0, 1]]]


def test_one_nearest_neighbor_in_each_row_even_with_ties():
    assert nearest_neighbors(torch.zeros(2, 3, 4)).sum(2).eq(1).all()
