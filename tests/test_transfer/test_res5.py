"""The shared head equals mmselfsup's and the fourth stage of a backbone."""

import pytest
import torch
from mmdet.models.backbones import ResNet
from torch.nn.functional import batch_norm
from torch.testing import assert_close

from setsim_mm.transfer.res5 import Res5ExtraNorm

BN = dict(type='BN')


@pytest.mark.parametrize('depth', [18, 50])
def test_with_full_width_it_equals_mmselfsups(depth):
    theirs = pytest.importorskip('mmselfsup.models.utils.res_layer_extra_norm')
    theirs = theirs.ResLayerExtraNorm(depth=depth, norm_eval=False)
    ours = Res5ExtraNorm(depth, norm_cfg=BN)
    ours.load_state_dict(theirs.state_dict())  # every name and shape
    regions = torch.rand(3, 256 if depth == 18 else 1024, 6, 6)

    assert_close(ours(regions), theirs(regions))


@pytest.mark.parametrize('width', [16, 32])
def test_with_any_width_it_equals_the_backbones_stage(width):
    backbone = ResNet(18, stem_channels=width, base_channels=width, norm_eval=False)
    ours = Res5ExtraNorm(18, BN, base_channels=width)
    ours.layer4.load_state_dict(backbone.layer4.state_dict())
    regions = torch.rand(2, 4 * width, 4, 6)

    stage = backbone.layer4(regions)

    assert stage.shape == (2, 8 * width, 2, 3)
    assert_close(ours(regions), batch_norm(stage, None, None, training=True))
