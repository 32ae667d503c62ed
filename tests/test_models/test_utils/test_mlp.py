"""SimSiam's MLP against its layers written by hand."""

import pytest
import torch
from torch import nn

from setsim_mm.models.utils import simsiam_mlp


def kinds(mlp):
    return [type(layer) for layer in mlp]


@pytest.mark.parametrize('convolutional', [False, True])
def test_projector_and_predictor_have_simsiams_layers(convolutional):
    """arXiv:2011.10566, section 3: BN on every layer of the projector, no ReLU last."""
    layer = nn.Conv2d if convolutional else nn.Linear
    norm = nn.BatchNorm2d if convolutional else nn.BatchNorm1d
    projector = simsiam_mlp(6, 7, 7, 5, convolutional=convolutional, last_norm=True)
    assert kinds(projector) == [layer, norm, nn.ReLU] * 2 + [layer, norm]
    assert not projector[-1].affine
    assert all(p.bias is None for p in projector if isinstance(p, layer))

    predictor = simsiam_mlp(5, 3, 5, convolutional=convolutional)
    assert kinds(predictor) == [layer, norm, nn.ReLU, layer]
    assert predictor[0].bias is None and predictor[-1].bias is not None


def test_convolutions_equal_linear_layers_at_every_position():
    vectors = simsiam_mlp(6, 7, 5)
    maps = simsiam_mlp(6, 7, 5, convolutional=True)
    weights = {
        name: value.view_as(maps.state_dict()[name])
        for name, value in vectors.state_dict().items()
    }
    maps.load_state_dict(weights)
    images = torch.randn(2, 6, 3, 4)
    rows = images.permute(0, 2, 3, 1).reshape(-1, 6)
    expected = vectors(rows).view(2, 3, 4, 5).permute(0, 3, 1, 2)
    torch.testing.assert_close(maps(images), expected)
