"""Log-sum-exp over a bank of rounded factors, within its bound from float64."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.models.losses import (
    bank,
    bank_logsumexp,
    set_contrastive_loss,
)
from setsim_mm.models.losses.bank import bfloat16_error
from setsim_mm.models.memories import FeatureQueue
from tests.strategies import seeds

from .test_bank import by_dimension, by_key
from .unit_features import unit, value_and_gradient

UNIT = 2.0**-8
FLOAT32 = 1e-5  # rounding in float32, which the bound does not include
rounded_logsumexp = partial(bank_logsumexp, bfloat16_bank=True)
layouts = pytest.mark.parametrize('laid_out', [by_dimension, by_key])
sizes = st.integers(1, 40)


@layouts
@given(
    sizes, sizes, st.integers(1, 600), st.sampled_from([0.05, 0.2, 1.0]), sizes, seeds
)
def test_error_is_within_the_bound(laid_out, rows, dim, length, tau, tile, seed):
    generator = torch.Generator().manual_seed(seed)
    draw = partial(torch.randn, generator=generator)
    queries = F.normalize(draw(rows, dim)).requires_grad_()
    negatives = laid_out(F.normalize(draw(length, dim)).t())
    exact = queries.detach().double().requires_grad_()
    expected = torch.logsumexp(exact @ negatives.double() / tau, dim=1)
    result = rounded_logsumexp(queries, negatives, tau, tile * rows)
    bound = bfloat16_error(tau)
    assert result.dtype == torch.float32
    assert (result - expected).abs().max() <= bound + FLOAT32 / tau
    (gradient,) = torch.autograd.grad(result.sum(), queries)
    (exact_gradient,) = torch.autograd.grad(expected.sum(), exact)
    mean_error = tau * (gradient - exact_gradient).norm(dim=1)
    assert mean_error.max() <= bound + 3 * UNIT * (1 + UNIT) ** 2 + FLOAT32


@layouts
@pytest.mark.parametrize('tau', [0.05, 0.2])
def test_the_bound_is_reached(laid_out, tau):
    # 1 + u is in the middle of two numbers of bfloat16 and is rounded to 1.
    value = torch.tensor([[1 + UNIT]])
    result = rounded_logsumexp(value, laid_out(value), tau)
    torch.testing.assert_close(result, torch.tensor([1 / tau]))
    error = value.square().squeeze() / tau - result
    torch.testing.assert_close(error, torch.tensor([bfloat16_error(tau)]))


def test_tiles_and_attention_round_alike(monkeypatch):
    queries, negatives = unit(50, 32), FeatureQueue(32, 700).features
    by_attention = rounded_logsumexp(queries, negatives, 0.1)
    by_tiles = rounded_logsumexp(queries, negatives.contiguous(), 0.1)
    torch.testing.assert_close(by_attention, by_tiles, rtol=1e-6, atol=1e-5)
    monkeypatch.setattr(bank, '_sweep', None)
    assert rounded_logsumexp(queries, negatives, 0.1).equal(by_attention)


def test_excluded_columns():
    queries, negatives = unit(5, 8), FeatureQueue(8, 30).features
    excluded = torch.arange(5)[:, None]
    logits = queries.double() @ negatives.double() / 0.1
    logits.scatter_(1, excluded, -torch.inf)
    result = rounded_logsumexp(queries, negatives, 0.1, excluded=excluded)
    error = (result - logits.logsumexp(dim=1)).abs().max()
    assert 0 < error <= bfloat16_error(0.1) + FLOAT32


def test_the_set_loss_rounds_the_bank_only():
    # Many negatives average the errors, so that they are below 4 units.
    query, key = unit(2, 32, 4, 4), unit(2, 32, 4, 4)
    correspondence = torch.rand(2, 16, 16) < 0.2
    negatives = FeatureQueue(32, 1000).features
    inputs = query, key, correspondence, negatives
    exact = value_and_gradient(
        set_contrastive_loss,
        *(x.double() if x.is_floating_point() else x for x in inputs),
    )
    rounded = value_and_gradient(
        partial(set_contrastive_loss, bfloat16_bank=True), *inputs
    )
    assert 0 < (rounded[0] - exact[0]).abs() < 4 * UNIT
    assert (rounded[1] - exact[1]).norm() < 4 * UNIT * exact[1].norm()
    # With one negative of another direction, only the positives decide.
    far = -query[0, :, 0, 0].reshape(32, 1)
    args = query[:1, :, :1, :1], key[:1, :, :1, :1], correspondence.new_ones(1, 1, 1)
    plain = set_contrastive_loss(*args, far, 0.01)
    one = set_contrastive_loss(*args, far, 0.01, bfloat16_bank=True)
    torch.testing.assert_close(one, plain)
