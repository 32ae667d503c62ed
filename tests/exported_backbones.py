"""Small backbones of every kind that is exported, with random weights."""

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

BACKBONES = dict(
    resnet=dict(type='ResNet', depth=18),
    narrow=dict(type='ResNet', depth=50, stem_channels=4, base_channels=4),
    resnet50=dict(type='ResNet', depth=50),
    vit=dict(
        type='MoCoV3ViT',
        arch=dict(embed_dims=32, num_layers=2, num_heads=2, feedforward_channels=64),
        patch_size=16,
        img_size=64,
        output_cls_token=False,
    ),
    convnext=dict(
        type='mmcls.ConvNeXt',
        arch=dict(depths=[1, 1, 2, 1], channels=[8, 16, 24, 32]),
        gap_before_final_norm=False,
    ),
    swin=dict(
        type='mmcls.SwinTransformer',
        arch=dict(embed_dims=8, depths=[1, 2, 2, 1], num_heads=[1, 1, 2, 2]),
        img_size=224,
        pad_small_map=True,
    ),
)


def built(kind: str, seed: int = 0, **changes) -> nn.Module:
    """Return a backbone in evaluation mode, with all its weights random."""
    with DefaultScope.overwrite_default_scope('mmselfsup'):
        backbone = MODELS.build(dict(BACKBONES[kind], **changes))
    generator = torch.Generator().manual_seed(seed)
    for name, value in backbone.state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=generator) * 0.1
            positive = name.endswith('running_var') or value.dim() == 1
            value.copy_(noise.abs() + 0.5 if positive else noise)
    backbone.eval()  # MMCls' ResNet returns None here
    return backbone


@pytest.fixture
def checkpoint(request, tmp_path):
    """Return a backbone, and a pre-training checkpoint with it."""
    backbone = built(request.param)
    weights = {f'backbone.{k}': v for k, v in backbone.state_dict().items()}
    weights['neck.weight'] = torch.ones(2)
    torch.save(dict(state_dict=weights), tmp_path / 'epoch_1.pth')
    return backbone, tmp_path / 'epoch_1.pth'


def of(kinds: str):
    """Parametrize a test by the kinds of backbones of its ``checkpoint``."""
    return pytest.mark.parametrize('checkpoint', kinds.split(), indirect=True)


def images(size: int) -> Tensor:
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
