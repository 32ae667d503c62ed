"""Loading a backbone from any checkpoint and freezing it."""

import pytest
import torch
from mmengine.registry import DefaultScope
from torch import nn

from setsim_mm.evaluation import (
    FrozenBackbone,
    last_feature_map,
    load_backbone,
)
from setsim_mm.evaluation.frozen_backbone import feature_channels, feature_grid
from setsim_mm.evaluation.label_images import LabelImages
from setsim_mm.registry import MODELS
from setsim_mm.utils import UserError

RESNET = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8)


def built(**changes) -> nn.Module:
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        return MODELS.build(dict(RESNET, **changes))


def load_seeded(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return load_backbone(RESNET)


def saved(weights: dict, path) -> str:
    torch.save(dict(state_dict=weights), path)
    return str(path)


@pytest.mark.parametrize(
    'prefix',
    ['backbone.', 'module.backbone.', 'module.encoder_q.', ''],
    ids=['run', 'DDP', 'MoCo', 'extracted'],
)
def test_query_side_of_any_checkpoint_is_loaded(prefix, tmp_path):
    weights = built().state_dict()
    other = {k: torch.zeros_like(v) for k, v in weights.items()}
    content = {prefix + name: value for name, value in weights.items()}
    if prefix:
        content |= {f'momentum_encoder.{prefix}{k}': v for k, v in other.items()}
        content['queue'] = torch.ones(3)
    backbone = load_backbone(RESNET, saved(content, tmp_path / 'epoch_1.pth'))
    found = backbone.state_dict()
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], weights[name]) for name in weights)
    assert not any(module.training for module in backbone.modules())
    assert not any(p.requires_grad for p in backbone.parameters())


def test_old_checkpoint_without_the_count_of_batches(tmp_path):
    weights = built().state_dict()
    old = {k: v for k, v in weights.items() if not k.endswith('num_batches_tracked')}
    backbone = load_backbone(RESNET, saved(old, tmp_path / 'old.pth'))
    assert torch.equal(backbone.conv1.weight, weights['conv1.weight'])


def test_without_a_checkpoint_the_weights_that_training_starts_from(tmp_path):
    first, same, other = [
        load_seeded(seed).state_dict()['layer4.1.conv2.weight'] for seed in (0, 0, 1)
    ]
    assert torch.equal(first, same) and not torch.equal(first, other)
    # Kaiming's normal distribution of the fan-out, not PyTorch's uniform one.
    assert first.std() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)

    path = saved(built().state_dict(), tmp_path / 'weights.pth')
    pretrained = dict(type='Pretrained', checkpoint=path)
    backbone = load_backbone(dict(RESNET, init_cfg=pretrained))
    expected = torch.load(path)['state_dict']['conv1.weight']
    assert torch.equal(backbone.conv1.weight, expected)


def test_error_for_a_checkpoint_that_does_not_fit(tmp_path):
    path = saved(built(base_channels=4).state_dict(), tmp_path / 'other.pth')
    with pytest.raises(UserError, match="does not fit the config's backbone in 1"):
        load_backbone(RESNET, path)
    path = saved(dict(other=torch.ones(1)), tmp_path / 'nothing.pth')
    with pytest.raises(UserError, match=r'nothing\.pth.* other\)'):
        load_backbone(RESNET, path)
    with pytest.raises(UserError, match='nowhere'):
        load_backbone(RESNET, tmp_path / 'nowhere.pth')


def test_last_map_of_convolutions_and_of_transformers():
    maps = torch.ones(2, 4, 6, 6), torch.ones(2, 8, 3, 5)
    assert last_feature_map(maps[1]) is maps[1]
    assert last_feature_map(maps) is maps[1]
    assert last_feature_map([maps[0], [maps[1], torch.ones(2, 8)]]) is maps[1]


def test_error_for_an_output_without_a_feature_map():
    with pytest.raises(UserError, match='a tensor of 2 dimensions'):
        last_feature_map((torch.ones(2, 8),))
    with pytest.raises(UserError, match='NoneType'):
        last_feature_map(None)


def test_error_for_a_backbone_that_needs_a_mask():
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        swin = MODELS.build(dict(type='SimMIMSwinTransformer', arch='T'))
    with pytest.raises(UserError, match='SimMIMSwinTransformer'):
        feature_channels(swin, 3)


def test_rows_and_columns_of_the_map():
    backbone = nn.Sequential(nn.BatchNorm2d(3), nn.AvgPool2d(16))
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    images = LabelImages([], (96, 128), num_classes=2)
    assert feature_grid(backbone, lambda images: images.float(), images) == (6, 8)
    assert backbone.training
    after = backbone.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_frozen_in_any_mode_and_not_initialised_again():
    frozen = FrozenBackbone(RESNET)
    before = {name: value.clone() for name, value in frozen.state_dict().items()}
    frozen.train()
    assert not any(module.training for module in frozen.modules())
    (features,) = frozen(torch.rand(2, 3, 64, 64, requires_grad=True))
    assert features.shape == (2, 64, 2, 2) and not features.requires_grad
    assert not hasattr(frozen, 'init_weights')
    after = frozen.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
