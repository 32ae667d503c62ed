"""tools/model_converters/extract_backbone_weights.py, and the readers of its file."""

import runpy
from importlib import import_module
from pathlib import Path

import pytest
import torch
import torchvision
from mmengine.config import Config
from mmengine.registry import DefaultScope

from setsim_mm.registry import MODELS
from setsim_mm.transfer.export import FORMATS, export_backbone

from .training_helpers import REPO, checkpoint_of, run_python

TOOL = 'tools/model_converters/extract_backbone_weights.py'


@pytest.fixture(scope='module')
def pretrained(tmp_path_factory):
    """The weights of the main config's backbone, and the file with them."""
    folder = tmp_path_factory.mktemp('pretrained')
    cfg = Config.fromfile(REPO / 'configs/selfsup/setsim_r50_200e_in1k.py').model
    cfg.queue_len = 8
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        model = MODELS.build(cfg)
    torch.save(dict(state_dict=model.state_dict()), folder / 'epoch_200.pth')
    out = export_backbone(folder / 'epoch_200.pth', folder / 'backbone.pth')
    return model.backbone.state_dict(), out


def assert_loaded(backbone: torch.nn.Module, expected: dict) -> None:
    """Compare all weights and their names."""
    found = backbone.state_dict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


def test_the_output_file_is_printed(finished_run, tmp_path):
    checkpoint = finished_run.work_dir / 'epoch_2.pth'

    done = run_python(
        TOOL, checkpoint, 'new folder/r18.pth', cwd=tmp_path, new_interpreter=True
    )

    assert done.stdout == 'Weights of the backbone: new folder/r18.pth\n'
    assert done.stderr == ''
    written = torch.load(tmp_path / 'new folder/r18.pth', weights_only=True)
    weights = checkpoint_of(finished_run.work_dir, 2)['state_dict']
    assert written.keys() == {'state_dict'}
    assert {f'backbone.{name}' for name in written['state_dict']} == {
        name for name in weights if name.startswith('backbone.')
    }


def test_the_command_offers_every_format():
    names = runpy.run_path(str(REPO / TOOL))

    assert names['FORMATS'] == FORMATS


def test_torchvisions_resnet_loads_all_weights(pretrained):
    expected, path = pretrained
    weights = torch.load(path, weights_only=True)['state_dict']
    resnet = torchvision.models.resnet50()

    missing, unexpected = resnet.load_state_dict(weights, strict=False)

    assert missing == ['fc.weight', 'fc.bias'] and unexpected == []
    del resnet.fc
    assert_loaded(resnet, expected)


@pytest.mark.parametrize('host', ['mmdet', 'mmseg', 'mmcls'])
def test_resnet_of_every_host_loads_all_weights(host, pretrained):
    models = pytest.importorskip(f'{host}.models', reason=f'{host} is not installed')
    expected, path = pretrained
    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    backbone = models.ResNet(depth=50, init_cfg=init_cfg)

    backbone.init_weights()

    assert_loaded(backbone, expected)


@pytest.mark.parametrize(
    ('host', 'config'),
    [
        ('mmdet', 'mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py'),
        ('mmseg', 'fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py'),
    ],
)
def test_a_detector_and_a_segmentor_load_all_weights(host, config, pretrained):
    package = pytest.importorskip(host, reason=f'{host} is not installed')
    expected, path = pretrained
    cfg = Config.fromfile(Path(package.__file__).parent / '.mim/configs' / config).model
    cfg.backbone.update(
        type='ResNet', init_cfg=dict(type='Pretrained', checkpoint=str(path))
    )
    cfg.pop('pretrained', None)
    with DefaultScope.overwrite_default_scope(host):
        model = import_module(f'{host}.registry').MODELS.build(cfg)

    model.init_weights()

    assert_loaded(model.backbone, expected)
