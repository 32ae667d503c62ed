"""MMPretrain's own algorithms and backbones, where it is installed."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.registry import DefaultScope

from setsim_mm.utils.foreign_weights import find_backbone

from ..foreign_checkpoints import RESNET_PROJECTS, distinct

mmpretrain = pytest.importorskip('mmpretrain')
CONFIGS = Path(mmpretrain.__file__).parent / '.mim/configs'
ZOO = {
    'MMPretrain, MoCo-v2': 'mocov2/mocov2_resnet50_8xb32-coslr-200e_in1k.py',
    'MMPretrain, DenseCL': 'densecl/densecl_resnet50_8xb32-coslr-200e_in1k.py',
    'MMPretrain, SimSiam': 'simsiam/simsiam_resnet50_8xb32-coslr-200e_in1k.py',
}


@pytest.fixture(params=ZOO)
def trained(request):
    """An algorithm of the model zoo with a small ResNet-18."""
    cfg = Config.fromfile(CONFIGS / ZOO[request.param]).model
    cfg.backbone.update(depth=18, stem_channels=4, base_channels=4)
    cfg.backbone.norm_cfg = dict(type='BN')
    cfg.neck.update(in_channels=32, hid_channels=8, out_channels=8)
    if 'queue_len' in cfg:
        cfg.update(queue_len=8, feat_dim=8)
    else:
        cfg.head.predictor.update(in_channels=8, hid_channels=4, out_channels=8)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = mmpretrain.registry.MODELS.build(cfg)
    model.load_state_dict(distinct(model.state_dict()))
    return request.param, model


def test_the_backbone_is_found(trained, tmp_path):
    _, model = trained
    hub = MessageHub.get_instance('zoo')
    hub.update_scalar('train/loss', 1.0)
    content = dict(meta={}, state_dict=model.state_dict(), message_hub=hub.state_dict())
    torch.save(content, tmp_path / 'a.pth')
    expected = model.backbone.state_dict()

    found = find_backbone(tmp_path / 'a.pth', expected)

    assert found.weights.keys() == expected.keys()
    assert all(torch.equal(found.weights[k], v) for k, v in expected.items())


def test_the_checkpoints_of_the_other_tests_have_this_layout(trained):
    project, model = trained
    names = model.state_dict().keys()
    parts = {'.'.join(name.split('.')[:2]) for name in names}
    layout = RESNET_PROJECTS[project](model.backbone.state_dict())['state_dict']

    assert {name for name in names if name.startswith('backbone.')} <= layout.keys()
    assert {part for part in layout if '.' not in part} <= parts
    assert {name.split('.')[0] for name in names} == {n.split('.')[0] for n in layout}
