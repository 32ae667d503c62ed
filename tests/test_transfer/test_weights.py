"""Weights of a backbone are found in all formats; others are an error."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from setsim_mm.transfer.weights import transferred_weights
from setsim_mm.utils import UserError

from ..foreign_checkpoints import RESNET_PROJECTS, put
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


@pytest.mark.parametrize('cfg', [FCN, C4], ids=['FCN', 'C4'])
@pytest.mark.parametrize('project', RESNET_PROJECTS)
def test_format_is_detected(project, cfg, tmp_path):
    import setsim_mm.transfer.detection  # noqa: F401 - registers the head of C4

    expected = backbone_of(resnet_weights(18))
    torch.save(RESNET_PROJECTS[project](expected), tmp_path / 'checkpoint.pth')

    weights = transferred_weights(cfg, tmp_path / 'checkpoint.pth')

    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_counters_of_batch_norm_may_be_missing(tmp_path):
    """PyTorch before 0.4.1 did not save them."""
    state = resnet_weights(18)
    old = {k: v for k, v in state.items() if not k.endswith('batches_tracked')}

    weights = transferred_weights(FCN, write(tmp_path / 'old.pth', old))

    assert len(weights) == 100


def assert_error(path: Path, *facts: str, cfg: Config = FCN) -> None:
    """Check that the error names the file and facts."""
    with pytest.raises(UserError) as error:
        transferred_weights(cfg, path)
    for fact in (repr(str(path)), *facts):
        assert fact in str(error.value)


def test_the_error_for_another_depth_names_both(tmp_path):
    path = write(tmp_path / 'r34.pth', put('backbone.', resnet_weights(34)))

    assert_error(path, 'ResNet-34', 'ResNet-18', '96 weights', 'layer1.2.conv1.weight')


def test_the_error_for_missing_weights_and_other_shapes_names_them(tmp_path):
    weights = put('backbone.', resnet_weights(18))
    del weights['backbone.layer4.1.bn2.weight']
    weights['backbone.conv1.weight'] = torch.ones(64, 1, 7, 7)

    assert_error(
        write(tmp_path / 'odd.pth', weights),
        '2 weights',
        'conv1.weight is 64x1x7x7 and not 64x3x7x7',
        'layer4.1.bn2.weight is missing',
        cfg=C4,
    )


def test_the_error_without_a_backbone_lists_names(tmp_path):
    path = write(tmp_path / 'vit.pth', {
        'cls_token': torch.ones(1), 'patch_embed.weight': torch.ones(1),
        'blocks.0.weight': torch.ones(1), 'blocks.1.weight': torch.ones(1),
    })  # fmt: skip

    assert_error(path, 'cls_token, patch_embed.weight, blocks.0.weight, ...')


def test_a_file_that_is_no_checkpoint_is_an_error(tmp_path):
    path = tmp_path / 'text.pth'
    path.write_text('not a checkpoint')

    assert_error(path, 'damaged')
    assert_error(tmp_path / 'none.pth', 'no checkpoint')
