"""Random weights of the detectors, against detectron2."""

import pytest
from mmengine.registry import MODELS, DefaultScope
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.benchmark_configs import C4, FPN


def initialised(part: dict) -> nn.Module:
    """Return a part of a detector with the checkpoint ``random``."""
    with DefaultScope.overwrite_default_scope('mmdet'):
        module = MODELS.build(dict(part, init_cfg=None))
    module.init_weights()
    return module


@pytest.mark.parametrize('depth', [18, 50])
def test_random_backbone_is_detectron2s(depth):
    """d2 modeling/backbone/resnet.py: c2_msra_fill, and no BatchNorm starts from 0.

    c2_msra_fill is Kaiming's normal distribution with fan-out.
    """
    model = load_finetuning_config(str(C4)).model
    for part in (model.backbone, model.roi_head.shared_head):
        for module in initialised(dict(part, depth=depth)).modules():
            if isinstance(module, _BatchNorm):
                assert (module.weight == 1).all() and (module.bias == 0).all()
            elif isinstance(module, nn.Conv2d):
                fan_out = module.out_channels * module.kernel_size[0] ** 2
                std = module.weight.std().item()
                assert std == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)


def test_new_fpn_is_detectron2s():
    """d2 modeling/backbone/fpn.py: c2_xavier_fill, a uniform one with fan-in."""
    neck = load_finetuning_config(str(FPN)).model.neck
    with DefaultScope.overwrite_default_scope('mmdet'):
        module = MODELS.build(neck)
    module.init_weights()
    convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    assert len(convolutions) == 8
    for part in convolutions:
        bound = (3 / (part.in_channels * part.kernel_size[0] ** 2)) ** 0.5
        assert 0.99 * bound < part.weight.abs().max().item() <= bound
