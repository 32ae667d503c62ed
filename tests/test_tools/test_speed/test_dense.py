"""The dense form of the set loss equals loops, and the fast form equals it."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from measurements import dense_set_contrastive_loss
from measurements.inputs import loss_inputs as random_inputs
from measurements.loss import make_correspondence
from setsim_mm.models.losses import set_contrastive_loss
from tests.references import set_loss
from tests.strategies import loss_inputs


def value_and_gradients(function, query, key, *others):
    leaves = [features.detach().clone().requires_grad_() for features in (query, key)]
    value = function(*leaves, *others)
    gradients = torch.autograd.grad(value, leaves, allow_unused=True)
    zeros = map(torch.zeros_like, leaves)
    return value.detach(), *(
        zero if gradient is None else gradient
        for gradient, zero in zip(gradients, zeros, strict=True)
    )


@given(loss_inputs(), st.sampled_from([0.07, 0.2, 1.0]))
def test_equals_the_loops_and_the_fast_form(inputs, temperature):
    results = [
        value_and_gradients(function, *inputs, temperature)
        for function in (dense_set_contrastive_loss, set_loss, set_contrastive_loss)
    ]
    for other in results[1:]:
        torch.testing.assert_close(results[0], other, rtol=1e-9, atol=1e-10)


def test_equals_the_fast_form_on_the_measured_inputs():
    for share in (0.25, 0.7):
        correspondence = make_correspondence(4, 7, share)
        inputs = [
            tensor.double() if tensor.is_floating_point() else tensor
            for tensor in random_inputs(4, 7, 32, 3000, correspondence)
        ]
        torch.testing.assert_close(
            value_and_gradients(set_contrastive_loss, *inputs),
            value_and_gradients(dense_set_contrastive_loss, *inputs),
            rtol=1e-10,
            atol=1e-12,
        )
