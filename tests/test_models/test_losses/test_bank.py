"""Log-sum-exp over the bank, by attention and in tiles, against the full product."""

from contextlib import contextmanager
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from measurements import added_peak_memory
from setsim_mm.models.losses import bank, bank_attention, bank_logsumexp
from setsim_mm.models.memories import FeatureQueue
from tests.fresh_process import in_fresh_process
from tests.strategies import seeds


def by_dimension(negatives):
    """Channel by channel in memory, the default of (D, K): computed in tiles."""
    return negatives.contiguous()


def by_key(negatives):
    """Key by key in memory, as in the queue: computed by attention on a CPU."""
    return negatives.t().contiguous().t()


sizes = st.integers(1, 9)
layouts = pytest.mark.parametrize('laid_out', [by_dimension, by_key])


def dense(queries, negatives, temperature):
    """The same with all logits in memory."""
    return torch.logsumexp(queries @ negatives / temperature, dim=1)


@pytest.fixture
def tile_of_4(monkeypatch):
    monkeypatch.setattr(bank, 'LOGITS_AT_ONCE', 4)


@contextmanager
def threads(number):
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@layouts
@given(
    sizes, sizes, st.integers(1, 30), st.integers(1, 12), st.sampled_from([1, 3]), seeds
)
def test_equals_dense(laid_out, rows, dim, length, tile, number, seed):
    generator = torch.Generator().manual_seed(seed)
    queries = torch.randn(rows, dim, generator=generator, dtype=torch.float64)
    negatives = laid_out(
        torch.randn(dim, length, generator=generator, dtype=torch.float64)
    )
    weights = torch.randn(rows, generator=generator, dtype=torch.float64)
    gradients = []
    with pytest.MonkeyPatch.context() as patch, threads(number):
        patch.setattr(bank, 'LOGITS_AT_ONCE', tile)
        for function in (bank_logsumexp, dense):
            leaf = queries.clone().requires_grad_()
            result = function(leaf, negatives, 0.2)
            gradients.append((result, *torch.autograd.grad(result @ weights, leaf)))
    for fast, slow in zip(*gradients, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-10)


@layouts
@pytest.mark.parametrize('length', [1, 3, 4, 5, 8, 11])
def test_gradcheck(length, laid_out, tile_of_4):
    queries = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    negatives = laid_out(torch.randn(5, length, dtype=torch.float64))
    assert torch.autograd.gradcheck(
        lambda leaf: bank_logsumexp(leaf, negatives, 0.5), queries
    )


@layouts
def test_no_rows(laid_out, tile_of_4):
    queries = torch.zeros(0, 3, requires_grad=True)
    result = bank_logsumexp(queries, laid_out(torch.randn(3, 10)), 0.2)
    assert result.shape == (0,)
    result.sum().backward()
    assert queries.grad.shape == (0, 3)


def test_equal_similarities():
    # K equal logits s: s + log K.
    queries = torch.tensor([[1.0, 0.0]])
    negatives = torch.tensor([[0.5], [0.0]]).expand(2, 7)
    expected = torch.tensor([0.5 / 0.2]) + torch.tensor([7.0]).log()
    torch.testing.assert_close(bank_logsumexp(queries, negatives, 0.2), expected)


def test_one_negative_is_the_logit():
    queries, negatives = torch.randn(4, 3), torch.randn(3, 1)
    torch.testing.assert_close(
        bank_logsumexp(queries, negatives, 0.1), (queries @ negatives)[:, 0] / 0.1
    )


@layouts
@pytest.mark.parametrize('largest_in', ['first', 'last'])
def test_large_logits_do_not_overflow(largest_in, laid_out, tile_of_4):
    # Logits up to 10,000: exp would overflow without the running maximum.
    queries = torch.tensor([[1.0, 0.0]], requires_grad=True)
    similarities = torch.linspace(-100, 100, 10)
    if largest_in == 'first':
        similarities = similarities.flip(0)
    negatives = laid_out(torch.stack([similarities, torch.arange(10.0)]))
    result = bank_logsumexp(queries, negatives, 0.01)
    torch.testing.assert_close(result, torch.tensor([10000.0]))
    (gradient,) = torch.autograd.grad(result.sum(), queries)
    nearest = negatives[:, similarities.argmax()]
    torch.testing.assert_close(gradient[0], nearest / 0.01)


@layouts
def test_the_bank_may_be_overwritten_before_backward(laid_out, tile_of_4):
    queries = torch.randn(3, 4, requires_grad=True)
    negatives = laid_out(torch.randn(4, 10))
    expected = torch.autograd.grad(
        dense(queries, negatives.clone(), 0.2).sum(), queries
    )
    result = bank_logsumexp(queries, negatives, 0.2)
    negatives.fill_(7)
    torch.testing.assert_close(torch.autograd.grad(result.sum(), queries), expected)


@layouts
def test_inputs_are_not_changed(laid_out, tile_of_4):
    queries, negatives = torch.randn(3, 4), laid_out(torch.randn(4, 10))
    copies = queries.clone(), negatives.clone()
    bank_logsumexp(queries, negatives, 0.2)
    assert queries.equal(copies[0])
    assert negatives.equal(copies[1])


def test_no_gradient_to_the_bank():
    queries = torch.randn(3, 4, requires_grad=True)
    negatives = torch.randn(4, 10, requires_grad=True)
    bank_logsumexp(queries, negatives, 0.2).sum().backward()
    assert queries.grad is not None
    assert negatives.grad is None


def test_without_gradient_nothing_is_saved():
    result = bank_logsumexp(torch.randn(3, 4), torch.randn(4, 10), 0.2)
    assert result.grad_fn is None


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_autocast_does_not_round_the_logits(dtype):
    queries, negatives = F.normalize(torch.randn(2, 16, 16), dim=1)
    expected = dense(queries.double(), negatives.double(), 0.05)
    with torch.autocast('cpu', dtype=dtype):
        result = bank_logsumexp(queries, negatives, 0.05)
    torch.testing.assert_close(result.double(), expected, rtol=1e-6, atol=1e-5)


def test_a_strided_bank():
    queries, negatives = torch.randn(3, 4), torch.randn(10, 4).T
    torch.testing.assert_close(
        bank_logsumexp(queries, negatives, 0.2), dense(queries, negatives, 0.2)
    )


@pytest.mark.parametrize('length', [20, 21])
def test_attention_is_used_for_the_queue(length, monkeypatch):
    monkeypatch.setattr(bank, '_sweep', None)
    queries, negatives = torch.randn(3, 4), FeatureQueue(4, length).features
    torch.testing.assert_close(
        bank_logsumexp(queries, negatives, 0.2), dense(queries, negatives, 0.2)
    )


def test_tiles_are_used_without_attention(monkeypatch, tile_of_4):
    monkeypatch.setattr(bank_attention, 'ATTENTION', 'of_another_release')
    monkeypatch.setattr(bank, 'attend', None)
    queries, negatives = torch.randn(3, 4), FeatureQueue(4, 10).features
    torch.testing.assert_close(
        bank_logsumexp(queries, negatives, 0.2), dense(queries, negatives, 0.2)
    )


@layouts
def test_nan_queries_give_nan(laid_out):
    queries, negatives = torch.randn(3, 4), laid_out(torch.randn(4, 10))
    queries[1, 2] = torch.nan
    queries.requires_grad_()
    result = bank_logsumexp(queries, negatives, 0.2)
    assert result.isnan().tolist() == [False, True, False]
    (gradient,) = torch.autograd.grad(result.sum(), queries)
    assert gradient.isnan().all(dim=1).tolist() == [False, True, False]


def test_many_queries_and_negatives():
    # Attention cuts queries into blocks from 192 and from 768 on.
    negatives = FeatureQueue(32, 5000).features
    for rows in (191, 192, 1000):
        queries = F.normalize(torch.randn(rows, 32), dim=1).requires_grad_()
        double = queries.detach().double().requires_grad_()
        result = bank_logsumexp(queries, negatives, 0.05)
        expected = dense(double, negatives.double(), 0.05)
        torch.testing.assert_close(result.double(), expected, rtol=1e-6, atol=1e-6)
        result.sum().backward()
        expected.sum().backward()
        torch.testing.assert_close(
            queries.grad.double(), double.grad, rtol=1e-5, atol=1e-5
        )


def test_a_longer_bank_needs_no_more_memory():
    short, long = in_fresh_process(added_memory_of_banks, 2**16, 2**20)
    # A copy of the longer bank would be 67 MB, its logits 839 MB.
    assert long < short + 8e6


def added_memory_of_banks(*lengths):
    queries = F.normalize(torch.randn(200, 16), dim=1).requires_grad_()
    added = []
    for length in lengths:
        negatives = FeatureQueue(16, length).features
        work = partial(forward_and_backward, bank_logsumexp, queries, negatives)
        added.append(added_peak_memory(work))
        del negatives, work
    return added


def forward_and_backward(function, queries, negatives):
    torch.autograd.grad(function(queries, negatives, 0.2).sum(), queries)
