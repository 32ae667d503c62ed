"""Exports: the features that each library computes with them."""

import pytest
import torch
import torchvision
from mmengine.config import ConfigDict

from setsim_mm.evaluation import last_feature_map
from setsim_mm.transfer.export import export_backbone

from ..exported_backbones import checkpoint, images, of

__all__ = ['checkpoint']


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
