"""Starting points and their backbones."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from setsim_mm.evaluation import load_backbone
from setsim_mm.hosts.choice import is_host
from setsim_mm.utils import UserError
from worth.starts import load_start, require_backbone, starts_for

TINY = dict(type='ResNet', depth=18, stem_channels=8, base_channels=8, out_indices=[4])


def config(**backbone: object) -> Config:
    return Config(dict(model=dict(backbone=dict(TINY, **backbone))))


def test_four_starting_points():
    starts = starts_for(Path('moco.pth'))
    assert [(s.name, s.random, s.pretrained) for s in starts] == [
        ('random', True, False),
        ('given', False, False),
        ('random_pretrained', True, True),
        ('given_pretrained', False, True),
    ]
    assert starts[1].weights == starts[3].weights == str(Path('moco.pth').resolve())
    assert [s.name for s in starts_for(None)] == ['random', 'random_pretrained']


def test_random_weights_are_initialised_as_in_training():
    def weights(seed: int) -> dict[str, torch.Tensor]:
        return load_start(config(), 'random', seed, 'cpu')[0].state_dict()

    first, same, other = weights(0), weights(0), weights(1)
    name = 'layer4.1.conv2.weight'
    assert torch.equal(first[name], same[name])
    assert not torch.equal(first[name], other[name])
    # Kaiming's normal distribution of the fan-out, not PyTorch's uniform one.
    assert first[name].std() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)


def test_given_weights_do_not_depend_on_the_seed(tmp_path):
    weights = load_backbone(TINY).state_dict()
    torch.save(weights, tmp_path / 'given.pth')
    for seed in (0, 1):
        backbone, _ = load_start(config(), str(tmp_path / 'given.pth'), seed, 'cpu')
        assert torch.equal(
            backbone.state_dict()['conv1.weight'], weights['conv1.weight']
        )


def test_backbones_that_cannot_be_measured(tmp_path):
    require_backbone(config(), None)
    average = (
        dict(avg_token=True) if is_host('mmselfsup') else dict(out_type='avg_featmap')
    )
    vector = dict(type='mmcls.VisionTransformer', arch='deit-tiny', **average)
    with pytest.raises(UserError, match='no feature map'):
        require_backbone(Config(dict(model=dict(backbone=vector))), None)
    pretrained = dict(type='Pretrained', checkpoint='moco.pth')
    with pytest.raises(UserError, match=r"'moco\.pth'.*--weights"):
        require_backbone(config(init_cfg=pretrained), None)
    torch.save(load_backbone(dict(TINY, depth=34)).state_dict(), tmp_path / 'other.pth')
    with pytest.raises(UserError, match=r'other\.pth'):
        require_backbone(config(), tmp_path / 'other.pth')
