"""The two projectors against the layers written by hand."""

import pytest
import torch
from torch.nn import functional as F

from setsim_mm.models.necks import SetSimNeck
from setsim_mm.registry import MODELS


def test_equals_the_layers_by_hand():
    neck = MODELS.build(
        {'type': 'SetSimNeck', 'in_channels': 5, 'hid_channels': 7, 'out_channels': 3}
    )
    feature_map = torch.randn(2, 5, 4, 3)
    image_projection, set_projection = neck(feature_map)

    image, dense = neck.image_projector, neck.set_projector
    pooled = feature_map.sum((2, 3)) / 12
    hidden = (pooled @ image[0].weight.T + image[0].bias).clamp(min=0)
    expected = hidden @ image[2].weight.T + image[2].bias
    torch.testing.assert_close(image_projection, expected)

    assert set_projection.shape == (2, 3, 4, 3)
    for row in range(4):
        for column in range(3):
            vector = feature_map[:, :, row, column]
            hidden = F.relu(
                F.linear(vector, dense[0].weight[:, :, 0, 0], dense[0].bias)
            )
            expected = F.linear(hidden, dense[2].weight[:, :, 0, 0], dense[2].bias)
            torch.testing.assert_close(set_projection[:, :, row, column], expected)


def test_the_projectors_are_parallel():
    neck = SetSimNeck(5, 7, 3)
    sizes = {name: tuple(p.shape) for name, p in neck.named_parameters()}
    assert sizes == {
        'image_projector.0.weight': (7, 5),
        'image_projector.0.bias': (7,),
        'image_projector.2.weight': (3, 7),
        'image_projector.2.bias': (3,),
        'set_projector.0.weight': (7, 5, 1, 1),
        'set_projector.0.bias': (7,),
        'set_projector.2.weight': (3, 7, 1, 1),
        'set_projector.2.bias': (3,),
    }


def test_the_input_is_not_changed():
    feature_map = torch.randn(2, 5, 2, 2)
    copy = feature_map.clone()
    SetSimNeck(5, 7, 3)(feature_map)
    assert feature_map.equal(copy)


def test_every_parameter_is_trained():
    neck = SetSimNeck(5, 7, 3)
    image_projection, set_projection = neck(torch.randn(2, 5, 2, 2))
    (image_projection.square().sum() + set_projection.square().sum()).backward()
    assert all(p.grad is not None and p.grad.any() for p in neck.parameters())


def test_default_dimension_is_mocos():
    assert SetSimNeck(5, 7)(torch.randn(1, 5, 1, 1))[0].shape == (1, 128)


def test_another_number_of_channels_says_what_to_set():
    with pytest.raises(
        ValueError, match=r'512 channels.*2048.*neck.in_channels to 512'
    ):
        SetSimNeck(2048, 8, 8)(torch.zeros(1, 512, 2, 2))


def test_init_cfg():
    neck = SetSimNeck(
        5, 7, 3, init_cfg={'type': 'Constant', 'layer': 'Linear', 'val': 0.25}
    )
    neck.init_weights()
    assert neck.image_projector[0].weight.eq(0.25).all()
    assert not neck.set_projector[0].weight.eq(0.25).any()
