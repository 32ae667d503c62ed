"""The set loss against Eq. 8, closed forms and golden cases."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.models.losses import bank, set_contrastive_loss
from tests.references import info_nce, set_loss
from tests.strategies import loss_inputs, seeds

from .unit_features import unit, value_and_gradient

CASES = ['set', 'geo', 'set_geo', 'set_nn', 'set_geo_nn']


def key_by_key(negatives):
    """The bank in the memory layout of the queue."""
    return negatives.t().contiguous().t()


layouts = pytest.mark.parametrize('laid_out', [torch.clone, key_by_key])


@layouts
@given(loss_inputs(), st.sampled_from([0.07, 0.2, 1.0]), st.integers(1, 5))
def test_value_and_gradient_equal_reference(laid_out, inputs, temperature, tile):
    inputs = (*inputs[:3], laid_out(inputs[3]))
    expected = value_and_gradient(set_loss, *inputs, temperature)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, 'LOGITS_AT_ONCE', tile)
        result = value_and_gradient(set_contrastive_loss, *inputs, temperature)
    torch.testing.assert_close(result, expected, rtol=1e-9, atol=1e-10)


@given(loss_inputs())
def test_gradient_of_the_key(inputs):
    query, key, correspondence, negatives = inputs
    gradients = []
    for function in (set_contrastive_loss, set_loss):
        leaf = key.clone().requires_grad_()
        loss = function(query, leaf, correspondence, negatives, 0.2)
        if loss.requires_grad:
            gradients.append(torch.autograd.grad(loss, leaf, allow_unused=True)[0])
    if correspondence.any():
        torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-10)


def test_gradcheck(monkeypatch):
    monkeypatch.setattr(bank, 'LOGITS_AT_ONCE', 3)
    query, key = (
        F.normalize(torch.randn(2, 3, 2, 2, dtype=torch.float64), dim=1)
        for _ in range(2)
    )
    negatives = torch.randn(3, 7, dtype=torch.float64)
    correspondence = torch.rand(2, 4, 4) < 0.4
    assert torch.autograd.gradcheck(
        lambda leaf: set_contrastive_loss(leaf, key, correspondence, negatives),
        query.requires_grad_(),
    )


@layouts
@pytest.mark.parametrize('tile', [8192, 100, 256])
@pytest.mark.parametrize('case', CASES)
def test_golden(golden, case, tile, laid_out, monkeypatch):
    monkeypatch.setattr(bank, 'LOGITS_AT_ONCE', tile)
    loss, gradient = value_and_gradient(
        set_contrastive_loss,
        golden['p_q'],
        golden['p_k'],
        golden[f'mask_{case}'],
        laid_out(golden['queue']),
        golden['temperature'],
    )
    assert loss.item() == pytest.approx(golden[f'loss_{case}'], rel=1e-5)
    expected = golden[f'grad_{case}']
    assert (gradient - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert (gradient - expected).norm() <= 1e-5 * expected.norm()


def test_the_reference_equals_golden(golden):
    arguments = [golden[name] for name in ('p_q', 'p_k', 'mask_set', 'queue')]
    loss = set_loss(*arguments, golden['temperature'])
    assert loss.item() == pytest.approx(golden['loss_set'], rel=1e-5)


@given(st.integers(1, 6), st.integers(1, 20))
def test_equal_similarities_give_a_log_ratio(positives, length):
    # All s equal: log(P + K) + s - s, whatever s.
    query = F.normalize(torch.ones(1, 4, 1, 1), dim=1)
    key = query.expand(1, 4, 2, 3)
    correspondence = (torch.arange(6) < positives).view(1, 1, 6)
    negatives = query[0, :, 0].expand(4, length)
    loss = set_contrastive_loss(query, key, correspondence, negatives)
    assert loss.item() == pytest.approx(math.log(positives + length), abs=1e-5)


@given(st.integers(1, 6), st.integers(1, 20), st.sampled_from([0.1, 0.2, 1.0]))
def test_aligned_positives_and_orthogonal_negatives(positives, length, temperature):
    # s = 1/tau for the P positives, 0 for the K negatives:
    # log(P e^{1/tau} + K) - 1/tau = log(P + K e^{-1/tau}).
    query = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)
    key = query.expand(1, 2, 1, 6)
    correspondence = (torch.arange(6) < positives).view(1, 1, 6)
    negatives = torch.tensor([[0.0], [1.0]]).expand(2, length)
    loss = set_contrastive_loss(query, key, correspondence, negatives, temperature)
    expected = math.log(positives + length * math.exp(-1 / temperature))
    assert loss.item() == pytest.approx(expected, abs=1e-5)


@given(st.integers(1, 5), st.integers(1, 8), st.integers(1, 9), seeds)
def test_one_position_is_info_nce(images, dim, length, seed):
    torch.manual_seed(seed)
    query, key, negatives = unit(images, dim), unit(images, dim), unit(length, dim).T
    loss = set_contrastive_loss(
        query[:, :, None, None],
        key[:, :, None, None],
        torch.ones(images, 1, 1, dtype=torch.bool),
        negatives,
    )
    logits = torch.cat([(query * key).sum(1, keepdim=True), query @ negatives], 1) / 0.2
    labels = torch.zeros(images, dtype=torch.long)
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels))
    reference = info_nce(query, key, negatives, 0.2)
    torch.testing.assert_close(loss.double(), reference, rtol=1e-5, atol=1e-5)


@given(loss_inputs(), seeds)
def test_order_does_not_matter(inputs, seed):
    generator = torch.Generator().manual_seed(seed)

    def order(size):
        return torch.randperm(size, generator=generator)

    query, key, correspondence, negatives = inputs
    images, rows, columns = correspondence.shape
    image, row, column = order(images), order(rows), order(columns)
    loss = set_contrastive_loss(
        query.flatten(2)[image][:, :, row].view_as(query),
        key.flatten(2)[image][:, :, column].view_as(key),
        correspondence[image][:, row][:, :, column],
        negatives[:, order(negatives.shape[1])],
    )
    torch.testing.assert_close(loss, set_contrastive_loss(*inputs))


@given(loss_inputs())
def test_only_the_number_of_positions_matters_not_the_grid(inputs):
    query, key, correspondence, negatives = inputs
    column = [features.flatten(2)[..., None] for features in (query, key)]
    torch.testing.assert_close(
        set_contrastive_loss(*column, correspondence, negatives),
        set_contrastive_loss(*inputs),
    )


def test_mean_over_positions_then_over_images():
    # Image 0 has one position with a positive, image 1 three, image 2 none.
    query, key, negatives = unit(3, 4, 2, 2), unit(3, 4, 2, 2), unit(6, 4).T
    correspondence = torch.zeros(3, 4, 4, dtype=torch.bool)
    correspondence[0, 1, 2] = correspondence[1, :3, 0] = True
    alone = []
    for image, position in ((0, 1), (1, 0), (1, 1), (1, 2)):
        single = torch.zeros_like(correspondence[:1])
        single[0, position] = correspondence[image, position]
        part = slice(image, image + 1)
        alone.append(set_contrastive_loss(query[part], key[part], single, negatives))
    expected = (alone[0] + (alone[1] + alone[2] + alone[3]) / 3 + 0) / 3
    loss = set_contrastive_loss(query, key, correspondence, negatives)
    torch.testing.assert_close(loss, expected)
