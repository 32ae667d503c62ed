"""Backbones that are not in the paper: training steps and use of their weights."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from torch import Tensor, nn

from setsim_mm.host import SelfSupDataSample
from setsim_mm.hosts.choice import is_host
from setsim_mm.registry import MATCHERS, MODELS
from setsim_mm.structures import ViewFeatures
from setsim_mm.transfer.export import export_backbone
from setsim_mm.utils import extract_backbone, load_training_config

from .test_matchers.test_every_matcher import every_matcher

# MMSelfSup calls it for the positions of a transformer.
pytestmark = pytest.mark.filterwarnings('ignore:torch.meshgrid')

CONFIGS = Path(__file__).parents[2] / 'configs' / 'selfsup'
VIT_SMALL = dict(embed_dims=384, num_layers=12, num_heads=12, feedforward_channels=1536)
CLASSES = ('ConvNeXt', 'ResNet', 'SwinTransformer', 'VisionTransformer')
ConvNeXt, ResNet, SwinTransformer, VisionTransformer = (
    MODELS.get(f'mmcls.{name}') for name in CLASSES
)
# MMPretrain's own class has other names for the outputs.
MAP_ONLY = (
    dict(output_cls_token=False) if is_host('mmselfsup') else dict(out_type='featmap')
)
# config: the same backbone as MMCls has it, and the positions of a 224 px view
BACKBONES = {
    'setsim_r18_200e_in100': (partial(ResNet, depth=18), (7, 7)),
    'setsim_r50_800e_coco': (partial(ResNet, depth=50), (7, 7)),
    'setsim_r101_200e_in1k': (partial(ResNet, depth=101), (7, 7)),
    'setsim_convnext-tiny_200e_in1k': (
        partial(ConvNeXt, arch='tiny', gap_before_final_norm=False),
        (7, 7),
    ),
    'setsim_swin-tiny_200e_in1k': (
        partial(SwinTransformer, arch='tiny', pad_small_map=True),
        (7, 7),
    ),
    'setsim_vit-small_200e_in1k': (
        partial(VisionTransformer, arch=VIT_SMALL, **MAP_ONLY),
        (14, 14),
    ),
}


class Stepped(NamedTuple):
    """A model after one step, and its initial state."""

    name: str
    model: nn.Module
    losses: dict[str, Tensor]
    before: dict[str, Tensor]


def build(name: str, **options: object) -> tuple[nn.Module, object]:
    cfg = load_training_config(str(CONFIGS / f'{name}.py'), options)
    cfg.model.queue_len = 8
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        return MODELS.build(cfg.model), cfg


def two_views() -> tuple[list[Tensor], list[SelfSupDataSample]]:
    """Two images; the views differ in size, and neither is square."""
    boxes = torch.tensor([[0.0, 0.0, 0.6, 0.8], [0.9, 0.2, 0.1, 1.0]])
    samples = []
    for _ in range(2):
        samples.append(SelfSupDataSample())
        samples[-1].set_metainfo(dict(view_boxes=boxes.numpy()))
    return [torch.randn(2, 3, 64, 96), torch.randn(2, 3, 80, 48)], samples


@pytest.fixture(scope='module', params=BACKBONES)
def stepped(request) -> Stepped:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, cfg = build(request.param)
        model.init_weights()
        before = {n: p.clone() for n, p in model.backbone.named_parameters()}
        wrapper = Runner.build_optim_wrapper(Holder(model), cfg.optim_wrapper)
        losses = model.loss(*two_views())
        wrapper.update_params(losses['loss_image'] + losses['loss_set'])
    return Stepped(request.param, model, losses, before)


class Holder:
    """The attributes that Runner.build_optim_wrapper reads."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model


def test_step(stepped):
    for name in ('loss_image', 'loss_set'):
        assert torch.isfinite(stepped.losses[name]) and stepped.losses[name] > 0
    stayed = {
        name
        for name, parameter in stepped.model.backbone.named_parameters()
        if torch.equal(parameter, stepped.before[name])
    }
    # MoCo-v3's two measures against unstable training.
    patches = {f'patch_embed.projection.{name}' for name in ('weight', 'bias')}
    is_vit = 'vit' in stepped.name
    assert stayed == ({'pos_embed'} | patches if is_vit else set())


@torch.no_grad()
def test_plain_backbone_takes_all_weights(stepped, tmp_path):
    torch.save(dict(state_dict=stepped.model.state_dict()), tmp_path / 'a.pth')
    plain = BACKBONES[stepped.name][0]()

    plain.load_state_dict(extract_backbone(tmp_path / 'a.pth'), strict=True)

    stepped.model.eval()
    plain.eval()
    for images in two_views()[0]:
        expected = stepped.model.backbone(images)[-1]
        assert torch.equal(plain(images)[-1], expected)


@torch.no_grad()
def test_positions_of_a_view_in_pre_training(stepped):
    stepped.model.eval()
    feature_map = stepped.model.backbone(torch.randn(1, 3, 224, 224))[-1]
    channels = stepped.model.neck.in_channels
    assert feature_map.shape == (1, channels, *BACKBONES[stepped.name][1])


@pytest.mark.parametrize('name', [n for n in BACKBONES if 'r101' not in n])
def test_neck_that_does_not_fit(name):
    model, _ = build(name, **{'model.neck.in_channels': 100})
    channels = {'r18': 512, 'r50': 2048, 'vit-small': 384}.get(name.split('_')[1], 768)
    with pytest.raises(
        ValueError, match=rf'{channels} channels.* model\.neck\.in_channels to'
    ):
        model.loss(*two_views())


@pytest.mark.parametrize(
    ('name', 'option'),
    [
        ('setsim_convnext-tiny_200e_in1k', {'gap_before_final_norm': True}),
        ('setsim_vit-small_200e_in1k', {'output_cls_token': True}),
    ],
)
def test_backbone_that_keeps_no_positions(name, option):
    options = {f'model.backbone.{key}': value for key, value in option.items()}
    model, _ = build(name, **options)
    with pytest.raises(ValueError, match=r'feature map \(N, C, H, W\)'):
        model.loss(*two_views())


@every_matcher
@pytest.mark.parametrize(
    'grids', [((14, 14), (14, 14)), ((5, 3), (5, 3)), ((5, 3), (14, 14))], ids=str
)
def test_matchers_take_any_number_of_positions(grids, config):
    box = torch.tensor([[0.0, 0.0, 0.6, 0.8], [0.9, 0.2, 0.1, 1.0]])
    query, key = (ViewFeatures(torch.randn(2, 6, *grid), box) for grid in grids)

    correspondence = MATCHERS.build(config)(query, key)

    positions = [rows * columns for rows, columns in grids]
    assert correspondence.shape == (2, *positions)
    assert correspondence.flatten(1).any(dim=1).all()


@pytest.mark.parametrize(
    ('host', 'config', 'backbone'),
    [
        (
            'mmdet',
            'setsim_convnext-tiny_200e_in1k',
            dict(
                type='mmcls.ConvNeXt',
                arch='tiny',
                out_indices=[0, 1, 2, 3],
                gap_before_final_norm=False,
            ),
        ),
        (
            'mmdet',
            'setsim_swin-tiny_200e_in1k',
            dict(
                type='mmcls.SwinTransformer',
                arch='tiny',
                out_indices=[0, 1, 2, 3],
                pad_small_map=True,
            ),
        ),
        (
            'mmseg',
            'setsim_vit-small_200e_in1k',
            dict(
                type='mmcls.VisionTransformer',
                arch=VIT_SMALL,
                out_indices=[2, 5, 8, 11],
                **MAP_ONLY,
            ),
        ),
    ],
)
@torch.no_grad()
def test_host_takes_the_weights(host, config, backbone, tmp_path):
    """What docs/transfer.md says: MMCls' own class in a config of the host."""
    registry = pytest.importorskip(f'{host}.registry', reason=f'{host} is missing')
    model, _ = build(config)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'epoch_200.pth')
    path = export_backbone(tmp_path / 'epoch_200.pth', tmp_path / 'backbone.pth')

    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    with DefaultScope.overwrite_default_scope(host):
        hosts = registry.MODELS.build(dict(**backbone, init_cfg=init_cfg))
    hosts.init_weights()

    expected, found = model.backbone.state_dict(), hosts.state_dict()
    # The maps of earlier stages have norms of their own, which pre-training lacks.
    norms = {f'norm{i}.{part}' for i in range(3) for part in ('weight', 'bias')}
    assert found.keys() - (norms - expected.keys()) == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name
    images = two_views()[0][0]
    model.eval()
    hosts.eval()
    maps = hosts(images)
    assert len(maps) == 4
    assert torch.equal(maps[-1], model.backbone(images)[-1])
