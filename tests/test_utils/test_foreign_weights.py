"""Detection of checkpoint formats, and errors for weights that do not fit."""

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope
from torchvision import models

from setsim_mm.utils import UserError
from setsim_mm.utils.foreign_weights import find_backbone

from .. import foreign_checkpoints as projects
from ..foreign_checkpoints import RESNET_PROJECTS, distinct, put

TINY = dict(type='ResNet', depth=18, stem_channels=4, base_channels=4)
CONVNEXT = dict(
    type='mmcls.ConvNeXt',
    arch=dict(depths=[1, 1, 2, 1], channels=[4, 4, 8, 8]),
    gap_before_final_norm=False,
)
VIT = dict(
    type='MoCoV3ViT',
    arch=dict(embed_dims=8, num_layers=2, num_heads=2, feedforward_channels=16),
    patch_size=16,
    img_size=32,
    output_cls_token=False,
)
SWIN = dict(
    type='mmcls.SwinTransformer',
    arch=dict(embed_dims=4, depths=[1, 1, 2, 1], num_heads=[1, 1, 2, 2]),
    img_size=64,
)


def state_of(backbone: dict, **changes) -> dict[str, torch.Tensor]:
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        return distinct(MODELS.build(dict(backbone, **changes)).state_dict())


def saved(content: dict, folder) -> str:
    torch.save(content, folder / 'weights.pth')
    return str(folder / 'weights.pth')


def assert_found(content, state, folder):
    found = find_backbone(saved(content, folder), state)
    assert found.weights.keys() == state.keys()
    assert all(torch.equal(found.weights[name], state[name]) for name in state)
    return found


@pytest.mark.parametrize('project', RESNET_PROJECTS)
def test_resnet_of_every_project(project, tmp_path):
    state = state_of(TINY)

    found = assert_found(RESNET_PROJECTS[project](state), state, tmp_path)

    whose = project.split(' and ')[0].split(',')[0]
    assert whose in found.origin or project == 'DenseCL'  # it has backbone.*, too


def test_torchvision_has_the_names_of_resnet50():
    with torch.device('meta'):
        names = models.resnet50().state_dict().keys()
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        wanted = MODELS.build(dict(type='ResNet', depth=50)).state_dict().keys()

    assert names - wanted == {'fc.weight', 'fc.bias'}
    assert wanted <= names


# Literal names of one block and of the layers around the blocks.
TRUE_NAMES = {
    projects.timm_vit: (
        VIT,
        'cls_token pos_embed patch_embed.proj.weight blocks.0.norm1.weight '
        'blocks.0.attn.qkv.weight blocks.0.attn.proj.bias blocks.0.norm2.weight '
        'blocks.1.mlp.fc1.weight blocks.1.mlp.fc2.bias norm.weight norm.bias',
    ),
    projects.timm_convnext: (
        CONVNEXT,
        'stem.0.weight stem.1.bias stages.1.downsample.0.weight '
        'stages.1.downsample.1.weight stages.2.blocks.1.gamma '
        'stages.2.blocks.1.conv_dw.weight stages.2.blocks.1.norm.bias '
        'stages.2.blocks.1.mlp.fc1.weight stages.2.blocks.1.mlp.fc2.weight '
        'head.norm.weight head.fc.weight',
    ),
    projects.authors_convnext: (
        CONVNEXT,
        'downsample_layers.0.0.weight downsample_layers.1.1.bias stages.2.1.gamma '
        'stages.2.1.dwconv.weight stages.2.1.norm.weight stages.2.1.pwconv1.weight '
        'stages.2.1.pwconv2.weight norm.weight head.weight',
    ),
}


@pytest.mark.parametrize('rename', TRUE_NAMES, ids=lambda rename: rename.__name__)
def test_renamed_weights_have_the_names_of_the_project(rename):
    backbone, names = TRUE_NAMES[rename]
    content = rename(state_of(backbone))

    assert set(names.split()) <= content.get('model', content).keys()


def test_other_tensors_are_counted_by_part(tmp_path):
    state = state_of(TINY)

    found = assert_found(projects.moco(state), state, tmp_path)

    assert found.origin == 'encoder_q.* as in MoCo'
    assert found.left_out == {
        'encoder_k': len(state) + 4,
        'encoder_q.fc': 4,
        'queue': 1,
        'queue_ptr': 1,
    }


def test_dino_teacher_has_priority(tmp_path):
    state = state_of(TINY)
    content = projects.dino_full(state)

    assert assert_found(content, state, tmp_path).origin.endswith("under 'teacher'")

    content['student'] = content.pop('teacher')
    assert assert_found(content, state, tmp_path).origin.endswith("under 'student'")


@pytest.mark.parametrize(
    ('backbone', 'rename'),
    [
        (CONVNEXT, projects.authors_convnext),
        (CONVNEXT, projects.timm_convnext),
        (CONVNEXT, projects.mmpretrain),
        (VIT, projects.timm_vit),
        (VIT, lambda state: projects.mocov3(projects.timm_vit(state))),
        (VIT, lambda state: projects.dino_full(projects.timm_vit(state))),
        (VIT, projects.mmselfsup),
        (SWIN, projects.mmpretrain),
        (SWIN, projects.microsoft_swin),
    ],
    ids=[
        'ConvNeXt, authors', 'ConvNeXt, timm', 'ConvNeXt, MMPretrain', 'ViT, timm',
        'ViT, MoCo-v3', 'ViT, DINO', 'ViT, MMSelfSup', 'Swin, MMPretrain',
        'Swin, Microsoft',
    ],
)  # fmt: skip
def test_other_backbones(backbone, rename, tmp_path):
    state = state_of(backbone)

    assert_found(rename(state), state, tmp_path)


def error_for(content: dict, folder, wanted=None) -> str:
    with pytest.raises(UserError) as error:
        find_backbone(saved(content, folder), wanted or state_of(TINY))
    return str(error.value)


@pytest.mark.parametrize('project', ['torchvision and timm', 'MoCo', 'MMSelfSup'])
def test_error_names_another_depth(project, tmp_path):
    content = RESNET_PROJECTS[project](state_of(TINY, depth=34))

    sentence = error_for(content, tmp_path)

    assert 'ResNet-34' in sentence and 'ResNet-18' in sentence


@pytest.mark.parametrize('project', RESNET_PROJECTS)
def test_error_for_half_of_a_backbone(project, tmp_path):
    half = {
        name: value
        for name, value in state_of(TINY).items()
        if not name.startswith(('layer3', 'layer4'))
    }

    sentence = error_for(RESNET_PROJECTS[project](half), tmp_path)

    assert 'layer3.0.conv1.weight is missing' in sentence


def test_error_for_another_width(tmp_path):
    content = projects.moco(state_of(TINY, base_channels=8))

    assert 'layer1.0.conv1.weight is 8x4x3x3 and not 4x4x3x3' in error_for(
        content, tmp_path
    )


@pytest.mark.parametrize(
    'content',
    [
        projects.timm_vit(put('', {'layers.0.ln1.weight': torch.ones(1)})),
        {},
        dict(state_dict={}, epoch=3),
        dict(state_dict={'neck.0.weight': torch.ones(2)}),
        dict(state_dict=[torch.ones(1)]),
        {0: torch.ones(1), ('a',): torch.ones(1)},
    ],
    ids=['ViT', 'nothing', 'no weights', 'a neck', 'a list', 'numbers'],
)
def test_error_for_a_file_without_a_backbone(content, tmp_path):
    assert 'holds no backbone' in error_for(content, tmp_path)


def test_error_for_vit_into_resnet_and_back(tmp_path):
    vit, resnet = state_of(VIT), state_of(TINY)

    assert 'cls_token' in error_for(projects.timm_vit(vit), tmp_path, resnet)
    assert 'conv1.weight' in error_for(projects.moco(resnet), tmp_path, vit)


def test_old_files_without_the_count_of_batches(tmp_path):
    state = state_of(TINY)
    old = {k: v for k, v in state.items() if not k.endswith('num_batches_tracked')}

    found = find_backbone(saved(projects.moco(old), tmp_path), state)

    assert found.weights.keys() == old.keys()


def test_error_for_a_file_that_is_not_a_checkpoint(tmp_path):
    (tmp_path / 'text.pth').write_text('no checkpoint')
    for name in ('text.pth', 'nowhere.pth'):
        with pytest.raises(UserError, match=name):
            find_backbone(tmp_path / name, {})
