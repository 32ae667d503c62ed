"""The silent differences between hosts: names and defaults are MMSelfSup's on each."""

import numpy as np
import pytest
import torch
from torch import nn

from setsim_mm.host import BaseModel
from setsim_mm.registry import MODELS, TRANSFORMS, VISUALIZERS

RESNET = dict(type='ResNet', depth=18, stem_channels=4, base_channels=4)
VIT = dict(
    type='MoCoV3ViT',
    arch=dict(embed_dims=8, num_layers=2, num_heads=2, feedforward_channels=8),
    img_size=32,
    patch_size=16,
)
IMAGES = torch.rand(2, 3, 32, 32)


def algorithm(kind: str, **options) -> nn.Module:
    neck = dict(type='MoCoV2Neck', in_channels=32, hid_channels=8, out_channels=8)
    if 'DenseCL' in kind:
        neck = neck | dict(type='DenseCLNeck', num_grid=None)
    loss = dict(type='mmcls.CrossEntropyLoss')
    return MODELS.build(
        dict(
            type=kind,
            backbone=RESNET,
            neck=neck,
            head=dict(type='ContrastiveHead', loss=loss),
            queue_len=8,
            feat_dim=8,
            **options,
        )
    )


@pytest.mark.parametrize('kind', ['ResNet', 'ResNetV1d', 'ResNeXt'])
def test_stages_are_counted_from_the_stem(kind):
    depth = 50 if kind == 'ResNeXt' else 18
    channels = dict(stem_channels=32, base_channels=32)
    backbone = MODELS.build(
        dict(type=kind, depth=depth, out_indices=[0, 2, 4], **channels)
    )
    sizes = [map_.shape[-1] for map_ in backbone(IMAGES)]
    assert sizes == [16, 4, 1]
    (last,) = MODELS.build(dict(type=kind, depth=depth, **channels))(IMAGES)
    assert last.shape[-1] == 1


def test_residual_branches_do_not_begin_at_zero():
    backbone = MODELS.build(RESNET)
    backbone.init_weights()
    assert backbone.layer1[0].norm2.weight.eq(1).all()
    backbone = MODELS.build(RESNET | dict(zero_init_residual=True))
    backbone.init_weights()
    assert backbone.layer1[0].norm2.weight.eq(0).all()


@pytest.mark.parametrize('kind', ['MoCo', 'DenseCL', 'GroupedMoCo', 'GroupedDenseCL'])
def test_momentum_is_what_the_key_encoder_keeps(kind):
    assert algorithm(kind).encoder_k.momentum == 1 - 0.999
    assert algorithm(kind, momentum=0.75).encoder_k.momentum == 0.25


@pytest.mark.parametrize('kind', ['MoCo', 'DenseCL'])
def test_features_are_those_of_the_first_view(kind):
    model = algorithm(kind).eval()
    (expected,) = model.backbone(IMAGES)
    (found,) = model([IMAGES, torch.zeros_like(IMAGES)], mode='tensor')
    assert torch.equal(found, expected)


def test_outputs_of_a_vision_transformer():
    backbone, other = (
        MODELS.build(VIT | options) for options in ({}, dict(output_cls_token=False))
    )
    for model in (backbone, other):
        model.eval()  # returns None
    ((feature_map, token),) = backbone(IMAGES)
    assert feature_map.shape == (2, 8, 2, 2)
    assert token.shape == (2, 8)
    other.load_state_dict(backbone.state_dict())
    (alone,) = other(IMAGES)
    assert torch.equal(alone, feature_map)


def test_a_linear_neck_has_no_norm():
    neck = MODELS.build(dict(type='LinearNeck', in_channels=3, out_channels=2))
    assert list(neck.state_dict()) == ['fc.weight', 'fc.bias']
    (found,) = neck((IMAGES,))
    assert torch.allclose(found, neck.fc(IMAGES.mean(dim=(2, 3))))


def test_an_algorithm_can_predict():
    class Constant(BaseModel):
        def loss(self, inputs, data_samples):
            return {}

        def predict(self, inputs, data_samples):
            return [len(inputs), data_samples]

    model = Constant(RESNET)
    assert model([IMAGES], [1], mode='predict') == [1, [1]]
    assert model([IMAGES], mode='loss') == {}
    assert model.data_preprocessor is not None


def test_packed_views():
    views = [np.full((4, 5, 3), i, np.uint8) for i in range(2)]
    given = dict(img=views, sample_idx=7, img_path='a.png', note='b', weight=0.5)
    packed = TRANSFORMS.build(
        dict(
            type='PackSelfSupInputs',
            algorithm_keys=['sample_idx'],
            pseudo_label_keys=['weight'],
            meta_keys=['img_path'],
        )
    )(given)
    assert packed.keys() == {'inputs', 'data_samples'}
    assert [view.shape for view in packed['inputs']] == [(3, 4, 5)] * 2
    assert packed['inputs'][1].eq(1).all()
    sample = packed['data_samples']
    assert sample.metainfo == dict(img_path='a.png')
    assert sample.sample_idx.value.tolist() == [7]
    assert sample.pseudo_label.weight.tolist() == [0.5]


def test_a_missing_key_is_an_error():
    pack = TRANSFORMS.build(dict(type='PackSelfSupInputs', meta_keys=['view_boxes']))
    with pytest.raises(KeyError, match='view_boxes'):
        pack(dict(img=[np.zeros((4, 4, 3), np.uint8)]))


def test_the_visualizer_of_the_configs():
    assert VISUALIZERS.get('SelfSupVisualizer') is not None
