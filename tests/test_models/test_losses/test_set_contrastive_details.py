"""Gradients, precision, memory and wrong inputs of the set loss, and its module."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from setsim_mm.models.losses import SetContrastiveLoss, bank, set_contrastive_loss
from setsim_mm.registry import MODELS
from tests.references import set_loss
from tests.strategies import loss_inputs

from .unit_features import unit, value_and_gradient


def test_no_positive_at_all():
    query = unit(2, 4, 3, 3).requires_grad_()
    correspondence = torch.zeros(2, 9, 9, dtype=torch.bool)
    loss = set_contrastive_loss(query, unit(2, 4, 3, 3), correspondence, unit(6, 4).T)
    assert loss.item() == 0
    loss.backward()  # connected, so DDP finds every parameter used
    assert query.grad.equal(torch.zeros_like(query))


def test_positions_without_a_positive_get_no_gradient():
    query = unit(1, 4, 2, 2).requires_grad_()
    correspondence = torch.zeros(1, 4, 4, dtype=torch.bool)
    correspondence[0, 2] = True
    loss = set_contrastive_loss(query, unit(1, 4, 2, 2), correspondence, unit(6, 4).T)
    loss.backward()
    moved = query.grad.flatten(2).abs().sum(1)[0] > 0
    assert moved.tolist() == [False, False, True, False]


def test_overwriting_the_queue_before_backward_changes_nothing():
    query, key, negatives = unit(2, 4, 2, 2), unit(2, 4, 2, 2), unit(6, 4).T.clone()
    correspondence = torch.ones(2, 4, 4, dtype=torch.bool)
    inputs = query, key, correspondence
    _, expected = value_and_gradient(set_contrastive_loss, *inputs, negatives.clone())
    query = query.clone().requires_grad_()
    loss = set_contrastive_loss(query, key, correspondence, negatives)
    negatives.normal_()
    loss.backward()
    torch.testing.assert_close(query.grad, expected)


def test_no_gradient_to_the_negatives():
    query, negatives = unit(2, 4, 2, 2).requires_grad_(), unit(6, 4).T.clone()
    negatives.requires_grad_()
    correspondence = torch.ones(2, 4, 4, dtype=torch.bool)
    set_contrastive_loss(query, unit(2, 4, 2, 2), correspondence, negatives).backward()
    assert query.grad is not None
    assert negatives.grad is None


def test_inputs_are_not_changed():
    inputs = [
        unit(2, 4, 2, 2),
        unit(2, 4, 2, 2),
        torch.rand(2, 4, 4) < 0.5,
        unit(6, 4).T,
    ]
    copies = [value.clone() for value in inputs]
    set_contrastive_loss(*inputs)
    for value, copy in zip(inputs, copies, strict=True):
        assert value.equal(copy)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('autocast', [True, False])
def test_half_precision_is_computed_in_float32(dtype, autocast):
    query, key = unit(2, 16, 3, 3, dtype=dtype), unit(2, 16, 3, 3, dtype=dtype)
    negatives, correspondence = unit(20, 16).T, torch.rand(2, 9, 9) < 0.3
    expected, gradient = value_and_gradient(
        set_loss, query.double(), key.double(), correspondence, negatives, 0.05
    )
    with torch.autocast('cpu', dtype=dtype, enabled=autocast):
        leaf = query.clone().requires_grad_()
        loss = set_contrastive_loss(leaf, key, correspondence, negatives, 0.05)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert leaf.grad.isfinite().all()
    torch.testing.assert_close(leaf.grad.double(), gradient, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize('temperature', [0.01, 0.001, 100.0])
def test_extreme_temperatures(temperature):
    query, key, negatives = unit(2, 8, 3, 3), unit(2, 8, 3, 3), unit(20, 8).T
    correspondence = torch.rand(2, 9, 9) < 0.3
    expected = value_and_gradient(
        set_loss, query.double(), key, correspondence, negatives, temperature
    )
    result = value_and_gradient(
        set_contrastive_loss, query, key, correspondence, negatives, temperature
    )
    for fast, slow in zip(result, expected, strict=True):
        assert fast.isfinite().all()
        assert (fast - slow).abs().max() <= 1e-4 * slow.abs().max()


class LargestTensor(TorchDispatchMode):
    """Store the number of elements of the largest new tensor."""

    elements = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(tensor, torch.Tensor) and not tensor._is_view():
                self.elements = max(self.elements, tensor.numel())
        return result


def test_the_logits_of_the_bank_are_never_in_memory(monkeypatch):
    rows, length, dim = 2 * 25, 40_000, 4
    monkeypatch.setattr(bank, 'LOGITS_AT_ONCE', 4000)
    query, key, negatives = unit(2, dim, 5, 5), unit(2, dim, 5, 5), unit(length, dim).T
    negatives = negatives.contiguous()
    correspondence = torch.ones(2, 25, 25, dtype=torch.bool)
    saved = []

    def note(tensor):
        saved.append(tensor.numel())
        return tensor

    query.requires_grad_()
    with LargestTensor() as largest:
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            loss = set_contrastive_loss(query, key, correspondence, negatives)
        loss.backward()
    assert 0 < sum(saved) < 0.01 * rows * length
    assert largest.elements <= rows * 4000


def test_module_is_the_function_with_its_temperature():
    inputs = [
        unit(2, 4, 2, 2),
        unit(2, 4, 2, 2),
        torch.rand(2, 4, 4) < 0.5,
        unit(6, 4).T,
    ]
    module = MODELS.build({'type': 'SetContrastiveLoss', 'temperature': 0.1})
    assert module(*inputs).equal(set_contrastive_loss(*inputs, temperature=0.1))
    assert SetContrastiveLoss()(*inputs).equal(set_contrastive_loss(*inputs, 0.2))
    assert repr(module) == 'SetContrastiveLoss(temperature=0.1)'


QUERY, KEY = torch.zeros(2, 4, 2, 3), torch.zeros(2, 4, 3, 3)
MASK, NEGATIVES = torch.ones(2, 6, 9, dtype=torch.bool), torch.zeros(4, 5)


@pytest.mark.parametrize(
    ('inputs', 'named'),
    [
        ((QUERY[0], KEY, MASK, NEGATIVES), 'query and key'),
        ((QUERY, KEY[:, :3], MASK, NEGATIVES), 'query and key'),
        ((QUERY, KEY[:1], MASK, NEGATIVES), 'query and key'),
        ((QUERY, KEY, MASK.float(), NEGATIVES), 'correspondence.* bool'),
        ((QUERY, KEY, MASK.transpose(1, 2), NEGATIVES), 'correspondence.* bool'),
        ((QUERY, KEY, MASK[:1], NEGATIVES), 'correspondence.* bool'),
        ((QUERY, KEY, MASK, NEGATIVES.T), 'negatives'),
        ((QUERY, KEY, MASK, NEGATIVES[:, 0]), 'negatives'),
        ((QUERY, KEY, MASK, NEGATIVES[:, :0]), 'no negatives'),
        ((QUERY, KEY, MASK, NEGATIVES, 0), 'temperature'),
        ((QUERY, KEY, MASK, NEGATIVES, -0.2), 'temperature'),
    ],
)
def test_wrong_inputs_raise_an_error(inputs, named):
    with pytest.raises(ValueError, match=named):
        set_contrastive_loss(*inputs)


def test_module_checks_its_temperature():
    with pytest.raises(ValueError, match='temperature'):
        SetContrastiveLoss(0)


@given(loss_inputs(), st.sampled_from([(1, 1), (5, 1)]))
def test_all_rows_give_the_same_loss_and_gradient(inputs, tiles):
    results = [
        value_and_gradient(
            partial(set_contrastive_loss, max_logits=tile, count_rows=counted),
            *inputs,
            0.2,
        )
        for tile, counted in zip(tiles, (True, False), strict=True)
    ]
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-11)


class CountedRows(TorchDispatchMode):
    """Count the calls whose result has a shape that depends on values."""

    calls = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        self.calls += function is torch.ops.aten.nonzero.default
        return function(*arguments, **(options or {}))


@pytest.mark.parametrize(
    ('side', 'count_rows', 'calls'), [(3, True, 1), (3, False, 0), (1, True, 0)]
)
def test_the_cpu_waits_only_to_count_rows(side, count_rows, calls):
    maps = unit(2, 4, side, side)
    matched = torch.ones(2, side**2, side**2, dtype=torch.bool)
    with CountedRows() as counted:
        SetContrastiveLoss(count_rows=count_rows)(maps, maps, matched, unit(6, 4).T)
    assert counted.calls == calls


def test_no_logits_are_an_error():
    with pytest.raises(ValueError, match='max_logits'):
        SetContrastiveLoss(max_logits=0)
