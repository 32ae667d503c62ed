"""Attention of the bank in parts, and the size of its tiles: by device."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.models.losses import bank, bank_attention, bank_logsumexp
from setsim_mm.models.memories import FeatureQueue


@pytest.mark.parametrize('parts', [1, 4, 8])
def test_parts_of_attention_are_combined(parts):
    queries, negatives = torch.randn(5, 4).double(), FeatureQueue(4, 24).features
    result = bank_attention.attend(
        queries,
        negatives.double(),
        0.1,
        bank_attention._attention_on_cpu,
        parts,
        torch.float64,
    )
    logits = queries @ negatives.double() / 0.1
    torch.testing.assert_close(result[0], logits.logsumexp(1), rtol=1e-10, atol=1e-10)
    expected = logits.softmax(1) @ negatives.double().t()
    torch.testing.assert_close(result[1], expected, rtol=1e-10, atol=1e-10)


def test_attention_of_a_gpu_returns_the_same_shapes():
    # Its private operator without a GPU: on tensors without data.
    keys = torch.empty(8, 1, 32, 128, device='meta')
    queries = torch.empty(8, 1, 50, 128, device='meta')
    means, logsumexps = bank_attention._attention_on_gpu(queries, keys, 5.0)
    assert means.shape == (8, 1, 50, 128)
    assert logsumexps.shape == (8, 1, 50)
    assert logsumexps.dtype == torch.float32


@given(st.integers(1, 5000), st.sampled_from([1, 12, 1000, 65536]), st.integers(1, 200))
def test_parts_on_a_gpu_divide_the_bank(rows, length, processors):
    parts = bank_attention._parts_on_gpu(rows, length, processors)
    assert length % parts == 0
    # Not more blocks than needed, and at least one part.
    assert parts == 1 or parts * -(-rows // 64) <= 2 * processors


def test_attention_of_a_gpu_is_not_used_on_a_cpu(monkeypatch):
    monkeypatch.setattr(bank_attention, '_attention_on_gpu', None)
    queries, negatives = torch.randn(3, 4), FeatureQueue(4, 20).features
    result = bank_logsumexp(queries, negatives, 0.2, gpu_attention=True)
    assert result.equal(bank_logsumexp(queries, negatives, 0.2))


@pytest.mark.parametrize('gib', [0, 1, 8, 24, 80, 141])
def test_larger_gpus_have_larger_tiles(gib):
    logits = bank.logits_for(gib << 30)
    assert logits >= bank.LOGITS_AT_ONCE == 2**20
    if logits > 2**20:
        assert 4 * logits <= (gib << 30) / 64 < 8 * logits
    assert bank.logits_at_once(torch.device('cpu')) == 2**20


def test_the_size_of_a_tile_can_be_set():
    queries, negatives = torch.randn(3, 4), torch.randn(4, 10)
    expected = torch.logsumexp(queries @ negatives / 0.2, dim=1)
    for max_logits in (1, 6, 100):
        result = bank_logsumexp(queries, negatives, 0.2, max_logits)
        torch.testing.assert_close(result, expected)
