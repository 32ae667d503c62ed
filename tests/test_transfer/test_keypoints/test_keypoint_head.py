"""The layers of detectron2's head for key points."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close
from torchvision.models.detection.keypoint_rcnn import (
    KeypointRCNNHeads,
    KeypointRCNNPredictor,
)

from setsim_mm.transfer.keypoints import KeypointHead, keypoint_loss


def test_heat_maps_are_those_of_torchvision_with_the_same_weights():
    head = KeypointHead(num_convs=2, in_channels=3, conv_out_channels=4)
    theirs = nn.Sequential(KeypointRCNNHeads(3, (4, 4)), KeypointRCNNPredictor(4, 17))
    weights = list(head.parameters())
    assert len(weights) == len(list(theirs.parameters()))
    with torch.no_grad():
        for weight, other in zip(weights, theirs.parameters(), strict=True):
            other.copy_(weight)
    regions = torch.randn(2, 3, 14, 14)
    assert_close(head(regions), theirs(regions))


def test_sizes_are_detectron2s():
    with torch.device('meta'):
        head = KeypointHead()
        assert head(torch.zeros(2, 256, 14, 14)).shape == (2, 17, 56, 56)
    assert head.heatmap_size == 56
    assert [conv.conv.out_channels for conv in head.convs] == 8 * [512]


@pytest.mark.parametrize('norm_cfg', [None, dict(type='BN')])
def test_first_weights_are_kaimings_by_fan_out(norm_cfg):
    head = KeypointHead(num_convs=2, conv_out_channels=64, norm_cfg=norm_cfg)
    head.init_weights()
    layers = [*(conv.conv for conv in head.convs), head.upsample]
    for layer in layers:
        fan_out = layer.weight.shape[0] * layer.kernel_size[0] ** 2
        expected = (2 / fan_out) ** 0.5
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.1)
        assert layer.bias is None or not layer.bias.any()


def test_loss_is_weighted():
    head = KeypointHead(num_keypoints=2, num_convs=1, in_channels=2, loss_weight=3.0)
    heatmaps, cells = torch.randn(1, 2, 4, 4), torch.tensor([[3, 7]])
    loss = head.loss(heatmaps, cells, cells > 0)['loss_keypoint']
    assert_close(loss, 3 * keypoint_loss(heatmaps, cells, cells > 0))
