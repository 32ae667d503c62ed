"""Loss and bank on the device against float64 on the CPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from measurements import dense_set_contrastive_loss
from measurements.inputs import loss_inputs
from measurements.loss import SETS_AND_GEOMETRY, make_correspondence
from setsim_mm.models.losses import (
    bank,
    bank_logsumexp,
    set_contrastive_loss,
    set_cosine_loss,
)
from setsim_mm.models.losses.bank import bfloat16_error

from .check import Measured, Setting

TEMPERATURE = 0.2
# Rounding units u. The bound of value and gradient is 4·u: a logit p·p/τ of unit
# vectors with rounded entries errs by at most 2·u/τ = 10·u, and means by less.
HALF = {torch.float16: 2.0**-11, torch.bfloat16: 2.0**-8}
EXACT_VALUE, EXACT_GRADIENT = 1e-5, 1e-4


@contextmanager
def without_tf32() -> Iterator[None]:
    """Context manager: products and convolutions in float32, restored on exit."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = False
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


def value_and_gradient(
    loss: Callable[..., Tensor], query: Tensor, *others: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a loss and its gradient with respect to the query, float64 on the CPU."""
    leaf = query.detach().requires_grad_()
    value = loss(leaf, *others)
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach().cpu().double(), gradient.cpu().double()


def relative_error(result: Tensor, expected: Tensor) -> float:
    """Return ‖result - expected‖ / ‖expected‖."""
    return float((result - expected).norm() / expected.norm())


def _inputs(setting: Setting) -> tuple[Tensor, ...]:
    """Draw query, key, correspondence and negatives in float32 on the CPU."""
    images, side, dim, length = (4, 4, 16, 96) if setting.tiny else (8, 7, 128, 2**16)
    correspondence = make_correspondence(images, side, SETS_AND_GEOMETRY)
    correspondence[0] = False  # an image without a positive
    return tuple(
        tensor.detach()
        for tensor in loss_inputs(images, side, dim, length, correspondence)
    )


def _in_double(inputs: tuple[Tensor, ...]) -> list[Tensor]:
    return [x.double() if x.is_floating_point() else x for x in inputs]


def set_loss_in_float32(setting: Setting) -> Iterator[Measured]:
    """Compare all forms of the set loss with the dense form in float64."""
    inputs = _inputs(setting)
    expected = value_and_gradient(dense_set_contrastive_loss, *_in_double(inputs))
    forms = {
        'tiles': partial(set_contrastive_loss, max_logits=bank.LOGITS_AT_ONCE),
        'large tiles': set_contrastive_loss,
        'all rows': partial(set_contrastive_loss, count_rows=False),
    }
    if setting.on_gpu:
        forms['attention'] = partial(set_contrastive_loss, gpu_attention=True)
    on_device = [tensor.to(setting.device) for tensor in inputs]
    with without_tf32():
        for form, loss in forms.items():
            value, gradient = value_and_gradient(loss, *on_device)
            error = relative_error(value, expected[0])
            yield Measured(f'{form}, value', error, EXACT_VALUE)
            error = relative_error(gradient, expected[1])
            yield Measured(f'{form}, gradient', error, EXACT_GRADIENT)


def set_loss_with_tf32(setting: Setting) -> Iterator[Measured]:
    """Record the error of the set loss with TensorFloat32 products."""
    setting.need_gpu('TensorFloat32')
    inputs = _inputs(setting)
    expected = value_and_gradient(dense_set_contrastive_loss, *_in_double(inputs))
    on_device = [tensor.to(setting.device) for tensor in inputs]
    with without_tf32():
        torch.backends.cuda.matmul.allow_tf32 = True
        result = value_and_gradient(set_contrastive_loss, *on_device)
    for what, mine, theirs in zip(('value', 'gradient'), result, expected, strict=True):
        yield Measured(what, relative_error(mine, theirs))


def set_loss_in_half_precision(setting: Setting) -> Iterator[Measured]:
    """Compare the loss of rounded projections with that of unrounded ones."""
    query, key, correspondence, negatives = _inputs(setting)
    expected = value_and_gradient(
        dense_set_contrastive_loss,
        *_in_double((query, key, correspondence, negatives)),
    )
    for dtype, unit in HALF.items():
        rounded = (query.to(dtype), key.to(dtype), correspondence, negatives)
        on_device = [tensor.to(setting.device) for tensor in rounded]
        with without_tf32(), torch.autocast(setting.device.type, dtype):
            value, gradient = value_and_gradient(set_contrastive_loss, *on_device)
        name = str(dtype).removeprefix('torch.')
        error = float((value - expected[0]).abs())
        yield Measured(f'{name}, value (absolute)', error, 4 * unit)
        error = relative_error(gradient, expected[1])
        yield Measured(f'{name}, gradient', error, 4 * unit)


def bank_in_float32(setting: Setting) -> Iterator[Measured]:
    """Compare the log-sum-exp of the bank with float64, for several tiles and rows."""
    _, _, _, negatives = _inputs(setting)
    dim = len(negatives)
    for rows in (1, 33, 100 if setting.tiny else 1568):
        queries = torch.nn.functional.normalize(torch.randn(rows, dim))
        logits = queries.double() @ negatives.double() / TEMPERATURE
        expected = logits.logsumexp(dim=1)
        on_device = queries.to(setting.device), negatives.to(setting.device)
        forms = {'one tile': {'max_logits': logits.numel()}, 'tiles': {}}
        forms['tiles']['max_logits'] = 7 * rows + 1 if setting.tiny else 2**20
        if setting.on_gpu:
            forms['attention'] = {'gpu_attention': True}
        for form, options in forms.items():
            with without_tf32():
                result = bank_logsumexp(*on_device, TEMPERATURE, **options)
            error = relative_error(result.cpu().double(), expected)
            yield Measured(f'{rows} rows, {form}', error, EXACT_VALUE)


def bank_in_bfloat16(setting: Setting) -> Iterator[Measured]:
    """Compare the log-sum-exp of a bank rounded to bfloat16 with float64."""
    query, _, _, negatives = _inputs(setting)
    queries = query.flatten(2).transpose(1, 2).flatten(0, 1)  # N * HW, D
    expected = (queries.double() @ negatives.double() / TEMPERATURE).logsumexp(dim=1)
    on_device = queries.to(setting.device), negatives.to(setting.device)
    for attention in (False, True) if setting.on_gpu else (False,):
        with without_tf32():
            result = bank_logsumexp(
                *on_device, TEMPERATURE, gpu_attention=attention, bfloat16_bank=True
            )
        error = float((result.cpu() - expected).abs().max())
        what = 'gpu_attention' if attention else 'default'
        yield Measured(f'{what} (absolute)', error, bfloat16_error(TEMPERATURE))


def cosine_loss(setting: Setting) -> Iterator[Measured]:
    """Compare the cosine loss, which counts no rows on a GPU, with float64."""
    query, key, correspondence, _ = _inputs(setting)
    expected = value_and_gradient(
        set_cosine_loss, query.double(), key.double(), correspondence
    )
    on_device = [x.to(setting.device) for x in (query, key, correspondence)]
    with without_tf32():
        result = value_and_gradient(set_cosine_loss, *on_device)
    bounds = EXACT_VALUE, EXACT_GRADIENT
    for what, mine, theirs, bound in zip(
        ('value', 'gradient'), result, expected, bounds, strict=True
    ):
        yield Measured(what, relative_error(mine, theirs), bound)
