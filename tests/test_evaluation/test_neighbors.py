"""Exact search against float64, and faiss against torch."""

from importlib.util import find_spec

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.evaluation import neighbors
from setsim_mm.evaluation.neighbors import check_temperature, neighbor_search
from setsim_mm.utils import UserError
from tests.strategies import seeds

needs_faiss = pytest.mark.skipif(find_spec('faiss') is None, reason='needs faiss-cpu')


@given(seeds, st.integers(1, 40), st.integers(1, 7))
def test_search_in_blocks_equals_all_at_once(seed, block, k):
    generator = torch.Generator().manual_seed(seed)
    queries = torch.randn(9, 4, generator=generator)
    features = torch.randn(7, 4, generator=generator)
    values, indices = neighbor_search(features, block=block)(queries, k)
    similarity = queries.double() @ features.double().t()
    expected = similarity.sort(dim=1, descending=True)
    torch.testing.assert_close(
        values.double(), expected.values[:, :k], atol=1e-5, rtol=0
    )
    assert indices.tolist() == expected.indices[:, :k].tolist()


@pytest.mark.parametrize('name', ['torch', pytest.param('faiss', marks=needs_faiss)])
def test_features_in_half_precision_are_compared_in_float32(name):
    features = F.normalize(torch.randn(60, 8), dim=1).half()
    queries = F.normalize(torch.randn(9, 8), dim=1)
    values, indices = neighbor_search(features, name, block=100)(queries, 5)
    expected, theirs = neighbor_search(features.float())(queries, 5)
    torch.testing.assert_close(values, expected)
    assert torch.equal(indices, theirs) and values.dtype == torch.float32


@needs_faiss
def test_faiss_finds_what_torch_finds():
    features = F.normalize(torch.randn(500, 16), dim=1)
    queries = F.normalize(torch.randn(40, 16), dim=1)
    (values, indices), (expected, theirs) = (
        neighbor_search(features, name)(queries, 10) for name in ('faiss', 'torch')
    )
    torch.testing.assert_close(values, expected)
    assert torch.equal(indices, theirs)
    assert (values.dtype, indices.dtype) == (torch.float32, torch.int64)


@pytest.mark.parametrize('k', [0, 4])
@pytest.mark.parametrize('name', ['torch', pytest.param('faiss', marks=needs_faiss)])
def test_number_of_neighbours_out_of_range(name, k):
    search = neighbor_search(torch.ones(3, 2), name)
    with pytest.raises(UserError, match=rf'k is {k}\b.* 1 .* 3\b'):
        search(torch.ones(1, 2), k)


def test_a_search_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(neighbors, 'find_spec', lambda name: None)
    with pytest.raises(UserError, match='pip install faiss-cpu'):
        neighbor_search(torch.ones(3, 2), 'faiss')
    with pytest.raises(UserError, match=r"'scann'.* torch, faiss"):
        neighbor_search(torch.ones(3, 2), 'scann')


@pytest.mark.parametrize('temperature', [0, -1.0, float('nan')])
def test_temperature_out_of_range(temperature):
    with pytest.raises(UserError, match=str(temperature)):
        check_temperature(temperature)
