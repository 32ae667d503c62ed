"""Extract backbones from checkpoints of MMSelfSup's own algorithms."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch.utils.data import DataLoader
from torchvision.models import resnet18

from setsim_mm.transfer.export import export_backbone

mmselfsup = pytest.importorskip('mmselfsup', reason="reads MMSelfSup's configs")
ResNet = pytest.importorskip('mmcls.models').ResNet

CONFIGS = Path(mmselfsup.__file__).parent / '.mim/configs/selfsup/_base_/models'


@pytest.fixture(params=['mocov2', 'densecl', 'simsiam'])
def saved(request, tmp_path):
    """A ResNet-18 in an algorithm of MMSelfSup, and its checkpoint by mmengine."""
    cfg = Config.fromfile(CONFIGS / f'{request.param}.py').model
    cfg.backbone.depth = 18
    cfg.neck.in_channels = 512
    if 'queue_len' in cfg:
        cfg.queue_len = 8
    runner = Runner(
        cfg,
        str(tmp_path),
        train_dataloader=DataLoader([0]),
        train_cfg=dict(by_epoch=True, max_epochs=0),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_scope='mmselfsup',
        log_level='ERROR',
    )
    runner.train()  # initialises the model; no epoch
    runner.message_hub.update_scalar('train/loss', 1.0)
    runner.save_checkpoint(str(tmp_path), 'epoch_200.pth')
    return runner.model, tmp_path / 'epoch_200.pth'


@torch.no_grad()
def test_plain_resnet_takes_all_weights(saved, tmp_path):
    model, checkpoint = saved
    path = export_backbone(checkpoint, tmp_path / 'backbone.pth')
    weights = torch.load(path, weights_only=True)['state_dict']

    backbone = ResNet(depth=18)
    backbone.load_state_dict(weights, strict=True)
    torchvisions = resnet18()
    del torchvisions.fc
    torchvisions.load_state_dict(weights, strict=True)

    images = torch.randn(2, 3, 64, 64)
    expected = model.eval().backbone(images)[-1]
    backbone.eval()
    assert torch.equal(backbone(images)[-1], expected)
