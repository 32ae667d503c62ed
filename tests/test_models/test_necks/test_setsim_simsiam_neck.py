"""The two projectors of SetSim on SimSiam."""

import pytest
import torch

from setsim_mm.models.necks import SetSimSiamNeck
from setsim_mm.registry import MODELS


def test_the_projectors_are_parallel():
    """With the same weights, a map of one position is projected alike by both."""
    neck = MODELS.build(
        {
            'type': 'SetSimSiamNeck',
            'in_channels': 5,
            'hid_channels': 7,
            'out_channels': 3,
        }
    )
    maps = neck.set_projector.state_dict()
    weights = neck.image_projector.state_dict()
    neck.set_projector.load_state_dict(
        {name: value.view_as(maps[name]) for name, value in weights.items()}
    )
    image_projection, set_projection = neck(torch.randn(4, 5, 1, 1))
    assert image_projection.shape == (4, 3)
    torch.testing.assert_close(set_projection[:, :, 0, 0], image_projection)


def test_the_image_level_sees_the_mean_of_the_map():
    neck = SetSimSiamNeck(5, 7, 3)
    feature_map = torch.randn(4, 5, 2, 3)
    expected = neck.image_projector(feature_map.sum((2, 3)) / 6)
    torch.testing.assert_close(neck(feature_map)[0], expected)


def test_projections_have_zero_mean_and_unit_variance():
    """The last BatchNorm has no affine parameters."""
    for projection in SetSimSiamNeck(5, 7, 3)(10 * torch.randn(16, 5, 4, 4)):
        per_channel = projection.transpose(0, 1).flatten(1)
        torch.testing.assert_close(
            per_channel.mean(1), torch.zeros(3), atol=1e-5, rtol=0
        )
        torch.testing.assert_close(
            per_channel.std(1, unbiased=False), torch.ones(3), atol=1e-2, rtol=0
        )


def test_another_number_of_channels_says_what_to_set():
    with pytest.raises(ValueError, match=r'neck.in_channels to 512'):
        SetSimSiamNeck(2048, 8, 8)(torch.zeros(1, 512, 2, 2))
