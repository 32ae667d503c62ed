"""Log-sum-exp over a bank without some columns, against float64 with all logits."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from measurements import added_peak_memory
from setsim_mm.models.losses import bank, bank_logsumexp
from tests.fresh_process import in_fresh_process
from tests.strategies import seeds

from .test_bank import by_dimension, by_key


def dense(queries, negatives, temperature, excluded):
    """The same with all logits in memory."""
    logits = queries @ negatives / temperature
    for row, columns in enumerate(excluded.tolist()):
        for column in columns:
            if 0 <= column < logits.shape[1]:
                logits[row, column] = -torch.inf
    return torch.logsumexp(logits, dim=1)


@pytest.mark.parametrize('laid_out', [by_dimension, by_key])
@given(
    st.integers(1, 6), st.integers(2, 12), st.integers(0, 4), st.integers(1, 30), seeds
)
def test_equals_dense_without_the_columns(laid_out, rows, length, most, tile, seed):
    generator = torch.Generator().manual_seed(seed)
    draw = partial(torch.randn, generator=generator, dtype=torch.float64)
    queries, negatives = draw(rows, 3), laid_out(draw(3, length))
    # Columns outside the bank, and columns given twice; one is never excluded.
    excluded = torch.randint(-1, length + 1, (rows, most), generator=generator)
    excluded[excluded == 0] = -1
    weights, gradients = draw(rows), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, 'LOGITS_AT_ONCE', tile)
        for function in (bank_logsumexp, dense):
            leaf = queries.clone().requires_grad_()
            result = function(leaf, negatives, 0.2, excluded=excluded)
            gradients.append((result, *torch.autograd.grad(result @ weights, leaf)))
    for fast, slow in zip(*gradients, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-10)


def test_the_largest_term_by_far_is_excluded():
    # exp(1 / 0.01) of the own key hides all others from a difference of sums.
    keys = F.normalize(torch.randn(50, 8), dim=1)
    own = torch.arange(50)[:, None]
    result = bank_logsumexp(keys, keys.t(), 0.01, excluded=own)
    expected = dense(keys.double(), keys.t().double(), 0.01, own)
    torch.testing.assert_close(result.double(), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize('tile', [4, 1000])
def test_everything_excluded(tile, monkeypatch):
    monkeypatch.setattr(bank, 'LOGITS_AT_ONCE', tile)
    queries = torch.randn(2, 3, requires_grad=True)
    excluded = torch.arange(5).repeat(2, 1)
    excluded[1, 4] = -1  # the second query keeps the last column
    negatives = torch.randn(3, 5)
    result = bank_logsumexp(queries, negatives, 0.2, excluded=excluded)
    assert result[0] == -torch.inf
    torch.testing.assert_close(result[1], queries[1] @ negatives[:, 4] / 0.2)
    # Beside a positive, such a row has a loss of 0 and no gradient.
    positive = (queries * 0.3).sum(dim=1)
    loss = torch.logaddexp(positive, result) - positive
    (gradient,) = torch.autograd.grad(loss[0], queries)
    assert loss[0] == 0 and gradient.count_nonzero() == 0


def test_a_bank_in_half_precision(monkeypatch):
    monkeypatch.setattr(bank, 'CONVERTED_AT_ONCE', 40)
    queries = F.normalize(torch.randn(6, 8), dim=1)
    negatives = F.normalize(torch.randn(90, 8), dim=1).half().t()
    excluded = torch.randint(90, (6, 3))
    result = bank_logsumexp(queries, negatives, 0.1, excluded=excluded)
    expected = dense(queries.double(), negatives.double(), 0.1, excluded)
    torch.testing.assert_close(result.double(), expected, rtol=1e-6, atol=1e-5)


def test_nan_queries_stay_nan():
    queries = torch.randn(2, 3)
    queries[0, 1] = torch.nan
    excluded = torch.tensor([[1], [2]])
    result = bank_logsumexp(queries, torch.randn(3, 9), 0.2, excluded=excluded)
    assert result.isnan().tolist() == [True, False]


def test_a_bank_in_half_precision_is_never_converted_whole():
    # In float32 it would be 134 MB, and its logits 210 MB.
    assert in_fresh_process(added_memory, 2**19) < 67e6


def added_memory(length):
    bank.CONVERTED_AT_ONCE = 2**20
    queries = F.normalize(torch.randn(100, 64), dim=1).requires_grad_()
    keys = torch.randn(length, 64).half()
    excluded = torch.randint(length, (100, 4))
    return added_peak_memory(partial(loss_and_gradient, queries, keys, excluded))


def loss_and_gradient(queries, keys, excluded):
    result = bank_logsumexp(queries, keys.t(), 0.2, excluded=excluded)
    torch.autograd.grad(result.sum(), queries)
