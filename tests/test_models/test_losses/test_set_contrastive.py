"""The set loss against Eq. 8 as it is printed, closed forms and golden cases."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmselfsup.registry import MODELS
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from setsim_mm.models.losses import SetContrastiveLoss, bank, set_contrastive_loss
from tests.references import info_nce, set_loss
from tests.strategies import loss_inputs, seeds

CASES = ['set', 'geo', 'set_geo', 'set_nn', 'set_geo_nn']


def unit(*shape, dtype=torch.float32):
    """Random features of length 1 over dimension 1."""
    return F.normalize(torch.randn(*shape), dim=1).to(dtype)


def value_and_gradient(function, query, *others):
    """A scalar function and its gradient with respect to the query."""
    leaf = query.clone().requires_grad_()
    value = function(leaf, *others)
    return value.detach(), torch.autograd.grad(value, leaf)[0]


def key_by_key(negatives):
    """The bank as the queue lays it out."""
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
def test_the_key_gets_its_gradient_where_it_wants_one(inputs):
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


def test_the_reference_meets_golden_too(golden):
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
    """Remembers the number of elements of the largest new tensor."""

    elements = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(tensor, torch.Tensor) and not tensor._is_view():
                self.elements = max(self.elements, tensor.numel())
        return result


def test_the_logits_of_the_bank_are_never_held(monkeypatch):
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
