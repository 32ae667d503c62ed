"""Whose names a checkpoint has is found out, and what does not fit is refused."""

import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from setsim_mm.transfer.weights import transferred_weights
from setsim_mm.utils import UserError

from .checkpoints import backbone_of, resnet_weights, write

BACKBONE = dict(type='ResNet', depth=18, norm_cfg=dict(type='BN'))
FCN = Config(dict(default_scope='mmseg', model=dict(backbone=BACKBONE)))
C4 = Config(
    dict(
        default_scope='mmdet',
        custom_imports=dict(imports=['setsim_mm.transfer.detection']),
        model=dict(
            backbone=dict(
                BACKBONE, num_stages=3, out_indices=(2,), strides=(1, 2, 2),
                dilations=(1, 1, 1),
            ),
            roi_head=dict(
                shared_head=dict(
                    type='Res5ExtraNorm', depth=18, norm_cfg=dict(type='BN')
                )
            ),
        ),
    )
)  # fmt: skip


def named(prefix, shift=0.0):
    return {prefix + name: value + shift for name, value in resnet_weights(18).items()}


# Project: what its checkpoints hold, and under which key.
PROJECTS = {
    'this one and MMSelfSup': (
        named('backbone.')
        | named('momentum_encoder.module.0.', 1)
        | {'neck.fc.weight': torch.ones(2)},
        'state_dict',
    ),
    'MoCo': (
        named('module.encoder_q.')
        | named('module.encoder_k.', 1)
        | {'module.queue': torch.ones(2), 'module.queue_ptr': torch.zeros(1)},
        'state_dict',
    ),
    "SetSim's authors": (
        named('module.encoder_q.0.') | named('module.encoder_k.0.', 1),
        'state_dict',
    ),
    'OpenSelfSup': (
        named('backbone.') | named('encoder_q.0.') | named('encoder_k.0.', 1),
        'state_dict',
    ),
    'SimSiam': (
        named('module.encoder.') | {'module.predictor.0.weight': torch.ones(2)},
        'state_dict',
    ),
    'PixPro': (named('module.encoder.') | named('module.encoder_k.', 1), 'model'),
    'SwAV': (named('module.') | {'module.prototypes.weight': torch.ones(2)}, None),
    'torchvision': (named(''), None),
    'extracted': (backbone_of(named('')), 'state_dict'),
}


@pytest.mark.parametrize('cfg', [FCN, C4], ids=['FCN', 'C4'])
@pytest.mark.parametrize('project', PROJECTS)
def test_names_are_found_out(project, cfg, tmp_path):
    import setsim_mm.transfer.detection  # noqa: F401 - registers what C4 names

    path = write(tmp_path / 'checkpoint.pth', *PROJECTS[project])

    weights = transferred_weights(cfg, path)

    expected = backbone_of(resnet_weights(18))
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_checkpoints_of_old_lack_what_nothing_depends_on(tmp_path):
    old = {k: v for k, v in named('').items() if not k.endswith('batches_tracked')}

    weights = transferred_weights(FCN, write(tmp_path / 'old.pth', old))

    assert len(weights) == 100


def refused(path: Path, cfg: Config = FCN) -> str:
    with pytest.raises(UserError) as error:
        transferred_weights(cfg, path)
    return str(error.value).replace(str(path), 'FILE')


def test_another_depth_is_refused_by_name(tmp_path):
    path = write(tmp_path / 'r34.pth', {
        f'backbone.{name}': value for name, value in resnet_weights(34).items()
    })  # fmt: skip

    assert refused(path) == (
        "'FILE' does not fit the config's backbone (it is a ResNet-34 and not a "
        'ResNet-18) in 96 weights (layer1.2.conv1.weight is not known; '
        'layer1.2.bn1.weight is not known; layer1.2.bn1.bias is not known; ...): give '
        'a checkpoint of the same backbone.'
    )


def test_missing_and_misshapen_weights_are_refused(tmp_path):
    weights = named('backbone.')
    del weights['backbone.layer4.1.bn2.weight']
    weights['backbone.conv1.weight'] = torch.ones(64, 1, 7, 7)

    assert refused(write(tmp_path / 'odd.pth', weights), C4) == (
        "'FILE' does not fit the config's backbone in 2 weights (conv1.weight is "
        '64x1x7x7 and not 64x3x7x7; layer4.1.bn2.weight is missing): give a checkpoint '
        'of the same backbone.'
    )


def test_what_holds_no_backbone_is_refused_with_its_names(tmp_path):
    path = write(tmp_path / 'vit.pth', {
        'cls_token': torch.ones(1), 'patch_embed.weight': torch.ones(1),
        'blocks.0.weight': torch.ones(1), 'blocks.1.weight': torch.ones(1),
    })  # fmt: skip

    assert refused(path).startswith(
        "'FILE' holds no backbone under a name that is known (its weights are "
        'cls_token, patch_embed.weight, blocks.0.weight, ...): give a checkpoint of '
    )


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / 'text.pth'
    path.write_text('not a checkpoint')

    assert re.match("'FILE' is damaged, or not a checkpoint", refused(path))
    assert refused(tmp_path / 'none.pth').startswith('there is no checkpoint')
