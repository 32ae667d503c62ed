"""Exports: what each library loads, and what comes back from its file."""

import pickle
import sys

import numpy as np
import pytest
import torch
import torchvision
from mmengine.config import ConfigDict

from setsim_mm.evaluation import last_feature_map
from setsim_mm.transfer.export import FORMATS, export_backbone, require_format
from setsim_mm.utils import UserError
from setsim_mm.utils.foreign_weights import find_backbone

from ..exported_backbones import built, checkpoint, images, of

__all__ = ['checkpoint']
KINDS = 'narrow vit convnext swin'
EXPORTS = [
    *((kind, 'mm') for kind in KINDS.split()),
    *((kind, library) for kind in KINDS.split() for library in ('torchvision', 'timm')),
    *((kind, 'detectron2') for kind in ('narrow', 'swin')),
    *((kind, 'mmdet') for kind in ('narrow', 'swin')),
    *((kind, 'mmseg') for kind in ('narrow', 'vit', 'swin')),
]


def assert_same(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.mark.parametrize(('checkpoint', 'library'), EXPORTS, indirect=['checkpoint'])
@pytest.mark.parametrize('suffix', ['.pth', '.safetensors', '.pkl'])
def test_all_weights_come_back_bit_for_bit(checkpoint, library, suffix, tmp_path):
    backbone, path = checkpoint
    if suffix == '.safetensors':
        pytest.importorskip('safetensors')
    if (suffix == '.pkl') != (library == 'detectron2') and suffix != '.pth':
        with pytest.raises(UserError, match='suffix'):
            export_backbone(path, tmp_path / f'out{suffix}', library)
        return
    out = export_backbone(path, tmp_path / f'new/out{suffix}', library)

    expected = backbone.state_dict()
    if library == 'timm':  # computes Swin's index itself
        expected = {k: v for k, v in expected.items() if not k.endswith('_index')}
    assert_same(find_backbone(out, backbone.state_dict()).weights, expected)


@torch.no_grad()
@of('resnet')
def test_torchvisions_resnet_computes_the_same(checkpoint, tmp_path):
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pth', 'torchvision')
    model = torchvision.models.resnet18()
    model.fc = torch.nn.Identity()

    model.load_state_dict(torch.load(out, weights_only=True))

    expected = backbone(images(64))[-1].mean((2, 3))
    torch.testing.assert_close(model.eval()(images(64)), expected)


@torch.no_grad()
@of('vit')
def test_torchvisions_vit_computes_the_same(checkpoint, tmp_path):
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pth', 'torchvision')
    model = torchvision.models.VisionTransformer(64, 16, 2, 2, 32, 64).eval()

    missing, unexpected = model.load_state_dict(
        torch.load(out, weights_only=True), strict=False
    )

    assert missing == ['heads.head.weight', 'heads.head.bias'] and not unexpected
    tokens = model._process_input(images(64))
    tokens = torch.cat([model.class_token.expand(2, -1, -1), tokens], dim=1)
    expected = last_feature_map(backbone(images(64))).flatten(2).transpose(1, 2)
    torch.testing.assert_close(model.encoder(tokens)[:, 1:], expected)


def torchvisions(kind: str) -> torch.nn.Module:
    if kind == 'swin':
        return torchvision.models.SwinTransformer(
            [4, 4], 8, [1, 2, 2, 1], [1, 1, 2, 2], [7, 7], stochastic_depth_prob=0.0
        ).eval()
    setting = torchvision.models.convnext.CNBlockConfig
    widths, depths = [8, 16, 24, 32, None], [1, 1, 2, 1]
    return torchvision.models.ConvNeXt(
        [setting(w, n, d) for w, n, d in zip(widths[:4], widths[1:], depths, strict=1)]
    ).eval()


# Swin on 448 px: its last map is larger than the window (docs/transfer.md).
@torch.no_grad()
@pytest.mark.parametrize(
    ('checkpoint', 'kind', 'size'),
    [('convnext', 'convnext', 64), ('swin', 'swin', 448)],
    indirect=['checkpoint'],
)
def test_torchvisions_swin_and_convnext_compute_the_same(
    checkpoint, kind, size, tmp_path
):
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pth', 'torchvision')
    model = torchvisions(kind)

    missing, unexpected = model.load_state_dict(
        torch.load(out, weights_only=True), strict=False
    )

    head = 'classifier.2' if kind == 'convnext' else 'head'
    assert missing == [f'{head}.weight', f'{head}.bias'] and not unexpected
    found = model.features(images(size))
    if kind == 'convnext':
        found = model.classifier[0](found)
    else:
        found = model.norm(found).permute(0, 3, 1, 2)
    expected = last_feature_map(backbone(images(size)))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


TIMM = dict(
    resnet=('resnet18', {}),
    vit=(
        'vit_small_patch16_224',
        dict(img_size=64, embed_dim=32, depth=2, num_heads=2, mlp_ratio=2),
    ),
    convnext=('convnext_tiny', dict(depths=(1, 1, 2, 1), dims=(8, 16, 24, 32))),
    swin=(
        'swin_tiny_patch4_window7_224',
        dict(
            img_size=448, embed_dim=8, depths=(1, 2, 2, 1), num_heads=(1, 1, 2, 2)
        ),
    ),
)  # fmt: skip


@torch.no_grad()
@pytest.mark.parametrize(
    ('checkpoint', 'kind', 'suffix'),
    [('convnext', 'convnext', '.safetensors'), *((k, k, '.pth') for k in TIMM)],
    indirect=['checkpoint'],
)
def test_timms_model_computes_the_same(checkpoint, kind, suffix, tmp_path):
    timm = pytest.importorskip('timm')
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / f'out{suffix}', 'timm')
    name, settings = TIMM[kind]

    # timm loads strictly: without a classifier, no weight may be missing.
    model = timm.create_model(
        name, checkpoint_path=str(out), num_classes=0, **settings
    ).eval()

    inputs = images(448 if kind == 'swin' else 64)
    expected = last_feature_map(backbone(inputs))
    found = model.forward_features(inputs)
    if kind == 'vit':
        expected, found = expected.flatten(2).transpose(1, 2), found[:, 1:]
    elif kind == 'convnext':  # its norm follows the pooling in timm
        found = model.head.norm(found)
    elif kind == 'swin':
        found = found.permute(0, 3, 1, 2)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def detectron2s_name(name: str) -> str:
    """Return a name as detectron2's tools/convert-torchvision-to-d2.py computes it."""
    name = name if 'layer' in name else f'stem.{name}'
    for stage in (1, 2, 3, 4):
        name = name.replace(f'layer{stage}', f'res{stage + 1}')
    for number in (1, 2, 3):
        name = name.replace(f'bn{number}', f'conv{number}.norm')
    name = name.replace('downsample.0', 'shortcut')
    return name.replace('downsample.1', 'shortcut.norm')


@of('narrow')
def test_detectron2s_pickle_has_its_published_format(checkpoint, tmp_path):
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pkl', 'detectron2')

    # As detectron2's DetectionCheckpointer reads it.
    with open(out, 'rb') as file:
        content = pickle.load(file, encoding='latin1')

    assert content['__author__'] == 'setsim_mm'  # "Caffe2" would be renamed
    assert content['matching_heuristics'] is True
    expected = {detectron2s_name(k): v for k, v in backbone.state_dict().items()}
    assert content['model'].keys() == expected.keys()
    for name, value in expected.items():
        assert type(content['model'][name]) is np.ndarray
        assert np.array_equal(content['model'][name], value.numpy())


@torch.no_grad()
@pytest.mark.parametrize('suffix', ['.pkl', '.pth'])
@of('resnet50')
def test_detectron2s_checkpointer_loads_and_computes_the_same(
    checkpoint, suffix, tmp_path
):
    pytest.importorskip('detectron2')
    from detectron2.checkpoint import DetectionCheckpointer
    from detectron2.config import get_cfg
    from detectron2.layers import ShapeSpec
    from detectron2.modeling.backbone.fpn import build_resnet_fpn_backbone

    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / f'out{suffix}', 'detectron2')
    cfg = get_cfg()
    cfg.MODEL.RESNETS.STRIDE_IN_1X1 = False
    cfg.MODEL.RESNETS.NORM = 'BN'
    stages = ['res2', 'res3', 'res4', 'res5']
    cfg.MODEL.RESNETS.OUT_FEATURES = cfg.MODEL.FPN.IN_FEATURES = stages
    model = build_resnet_fpn_backbone(cfg, ShapeSpec(channels=3)).eval()

    DetectionCheckpointer(model).load(str(out))

    found = model.bottom_up(images(64))['res5']
    torch.testing.assert_close(found, backbone(images(64))[-1])


@torch.no_grad()
@of('swin')
def test_detectron2s_swin_computes_the_same(checkpoint, tmp_path):
    pytest.importorskip('detectron2')
    from detectron2.checkpoint import DetectionCheckpointer
    from detectron2.modeling.backbone.swin import SwinTransformer

    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pkl', 'detectron2')
    model = SwinTransformer(
        embed_dim=8, depths=[1, 2, 2, 1], num_heads=[1, 1, 2, 2], out_indices=(3,)
    ).eval()

    DetectionCheckpointer(model).load(str(out))

    found = model(images(64))['p3']
    expected = last_feature_map(backbone(images(64)))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(
    ('library', 'checkpoint', 'name', 'settings'),
    [
        ('mmdet', 'resnet', 'ResNet', dict(depth=18)),
        ('mmseg', 'resnet', 'ResNet', dict(depth=18)),
        *(
            (library, 'swin', 'SwinTransformer', dict(
                embed_dims=8, depths=[1, 2, 2, 1], num_heads=[1, 1, 2, 2],
                strides=(4, 2, 2, 2), out_indices=(3,),
            ))
            for library in ('mmdet', 'mmseg')
        ),
        ('mmseg', 'vit', 'VisionTransformer', dict(
            img_size=64, embed_dims=32, num_layers=2, num_heads=2, mlp_ratio=2,
            patch_bias=True, final_norm=True, norm_cfg=dict(type='LN', eps=1e-6),
        )),
    ],
    indirect=['checkpoint'],
)  # fmt: skip
def test_openmmlabs_own_backbones_compute_the_same(
    library, checkpoint, name, settings, tmp_path
):
    models = pytest.importorskip(f'{library}.models')
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pth', library)
    init_cfg = ConfigDict(type='Pretrained', checkpoint=str(out))
    model = getattr(models.backbones, name)(init_cfg=init_cfg, **settings)

    model.init_weights()
    model.eval()

    expected = last_feature_map(backbone(images(64)))
    found = model(images(64))[-1]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@of('convnext vit')
@pytest.mark.parametrize('library', FORMATS[1:])
def test_a_backbone_that_a_library_lacks(checkpoint, library, tmp_path):
    backbone, path = checkpoint
    named = {'torchvision', 'timm'}
    named |= {'detectron2', 'mmseg'} if 'cls_token' in backbone.state_dict() else set()
    if library in named:
        export_backbone(path, tmp_path / 'out.pth', library)
        return
    with pytest.raises(UserError, match='no names'):
        export_backbone(path, tmp_path / 'out.pth', library)
    assert not (tmp_path / 'out.pth').exists()


def test_a_deep_stem_has_no_names(tmp_path):
    weights = built('resnet', deep_stem=True).state_dict()
    content = dict(state_dict={f'backbone.{k}': v for k, v in weights.items()})
    torch.save(content, tmp_path / 'a.pth')

    with pytest.raises(UserError, match=r'stem\.0'):
        export_backbone(tmp_path / 'a.pth', tmp_path / 'b.pth', 'torchvision')


def test_a_format_that_does_not_exist():
    with pytest.raises(UserError, match='tensorflow'):
        require_format('a.pth', 'tensorflow')


@of('narrow')
def test_without_safetensors(checkpoint, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'safetensors', None)
    monkeypatch.setattr('setsim_mm.utils.weight_files.find_spec', lambda name: None)
    _, path = checkpoint

    with pytest.raises(UserError, match='pip install safetensors'):
        export_backbone(path, tmp_path / 'out.safetensors', 'timm')
