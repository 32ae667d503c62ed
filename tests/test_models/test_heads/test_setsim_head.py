"""The weighted losses of one direction."""

import pytest
import torch
from torch.nn import functional as F

from setsim_mm.models.heads import SetSimHead
from setsim_mm.registry import MODELS
from setsim_mm.structures import EncodedView
from tests.references import info_nce, set_loss

LOSS = {'type': 'SetContrastiveLoss', 'temperature': 0.1}


def unit(*shape):
    return F.normalize(torch.randn(*shape), dim=1)


def encoded_view():
    return EncodedView(
        feature_map=torch.randn(2, 6, 2, 2),
        image_projection=3 * torch.randn(2, 4),
        set_projection=3 * torch.randn(2, 4, 2, 2),
    )


@pytest.fixture
def inputs():
    negatives = [unit(7, 4).T, unit(9, 4).T]
    return encoded_view(), encoded_view(), torch.rand(2, 4, 4) < 0.5, *negatives


@pytest.mark.parametrize('weight', [0, 0.25, 0.5, 1])
def test_weights_and_values(weight, inputs):
    head = MODELS.build({'type': 'SetSimHead', 'loss': LOSS, 'loss_lambda': weight})
    losses = head(*inputs)
    query, key, correspondence, image_negatives, set_negatives = inputs
    images = (F.normalize(view.image_projection, dim=1) for view in (query, key))
    sets = (F.normalize(view.set_projection, dim=1) for view in (query, key))
    image = info_nce(*images, image_negatives, 0.1)
    dense = set_loss(*sets, correspondence, set_negatives, 0.1)
    assert losses.keys() == {'loss_image', 'loss_set'}
    assert losses['loss_image'].item() == pytest.approx((1 - weight) * image.item())
    assert losses['loss_set'].item() == pytest.approx(weight * dense.item())


def test_lambda_is_a_half_by_default(inputs):
    half = SetSimHead(LOSS)(*inputs)
    assert SetSimHead(LOSS).loss_lambda == 0.5
    assert half['loss_image'] == SetSimHead(LOSS, 0)(*inputs)['loss_image'] / 2


@pytest.mark.parametrize('weight', [0, 1])
def test_the_unused_level_stays_in_the_graph_with_zero_gradient(weight, inputs):
    query = inputs[0]
    query.image_projection.requires_grad_()
    query.set_projection.requires_grad_()
    sum(SetSimHead(LOSS, weight)(*inputs).values()).backward()
    used, unused = query.set_projection, query.image_projection
    if weight == 0:
        used, unused = unused, used
    assert used.grad.any()
    assert unused.grad is not None
    assert not unused.grad.any()


@pytest.mark.parametrize('weight', [-0.1, 1.1, float('nan')])
def test_lambda_outside_0_1(weight):
    with pytest.raises(ValueError, match=r'loss_lambda.*0 and 1'):
        SetSimHead(LOSS, weight)


def test_no_parameters():
    assert not SetSimHead(LOSS).state_dict()
