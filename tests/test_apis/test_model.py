"""Building a model from checkpoints, and errors for those that do not fit."""

import logging
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger

from setsim_mm.apis import init_model
from setsim_mm.utils import UserError

from ..test_tools.training_helpers import REPO
from .models import save_checkpoint, tiny_config


def test_all_weights_are_loaded_and_the_model_is_ready(tmp_path: Path) -> None:
    cfg = tiny_config()
    weights = save_checkpoint(tmp_path / 'c.pth', cfg)
    model = init_model(cfg, tmp_path / 'c.pth', device='cpu')
    queues = ('image_queue.', 'set_queue.')
    for name, value in model.state_dict().items():
        if not name.startswith(queues):
            assert torch.equal(value, weights[name]), name
    assert not any(module.training for module in model.modules())
    assert model.cfg is cfg


def test_config_file_and_overrides(tmp_path: Path) -> None:
    tiny_config().dump(tmp_path / 'c.py')
    options = {'model.matcher.nearest_neighbor': False}
    model = init_model(tmp_path / 'c.py', device='cpu', cfg_options=options)
    assert model.matcher.nearest_neighbor is False
    cfg = Config.fromfile(tmp_path / 'c.py')
    assert init_model(cfg, cfg_options=options).matcher.nearest_neighbor is False
    assert cfg.model.matcher.nearest_neighbor is True  # unchanged


def test_queues_may_be_missing_or_of_another_length(tmp_path: Path) -> None:
    weights = save_checkpoint(tmp_path / 'c.pth', tiny_config(queue_len=16))
    init_model(tiny_config(), tmp_path / 'c.pth')
    without = {n: v for n, v in weights.items() if '_queue.' not in n}
    assert len(without) < len(weights)
    torch.save(dict(state_dict=without), tmp_path / 'c.pth')
    model = init_model(tiny_config(), tmp_path / 'c.pth')
    assert torch.equal(
        model.state_dict()['backbone.conv1.weight'], weights['backbone.conv1.weight']
    )


@pytest.mark.parametrize('name', ['backbone.conv1.weight', 'neck.set_projector.0.bias'])
def test_error_for_a_missing_weight(tmp_path: Path, name: str) -> None:
    weights = save_checkpoint(tmp_path / 'c.pth', tiny_config())
    del weights[name]
    torch.save(weights, tmp_path / 'c.pth')
    with pytest.raises(UserError, match=rf'1 weights \({name} is missing\)'):
        init_model(tiny_config(), tmp_path / 'c.pth')


def test_error_for_another_architecture(tmp_path: Path) -> None:
    cfg = tiny_config()
    cfg.model.neck.hid_channels = 6
    save_checkpoint(tmp_path / 'c.pth', cfg)
    with pytest.raises(UserError, match=r'\d+ weights .*is 6x32 and not 8x32'):
        init_model(tiny_config(), tmp_path / 'c.pth')


def test_error_for_moco(tmp_path: Path) -> None:
    cfg = tiny_config()
    moco = Config.fromfile(REPO / 'configs/selfsup/mocov2_r50_200e_in100.py')
    moco.model.backbone = cfg.model.backbone
    moco.model.neck.update(in_channels=32, hid_channels=8, out_channels=8)
    moco.model.update(queue_len=8, feat_dim=8)
    save_checkpoint(tmp_path / 'c.pth', moco)
    with pytest.raises(
        UserError, match=r'no set projector \(it holds .*another algorithm'
    ):
        init_model(cfg, tmp_path / 'c.pth')
    with pytest.raises(UserError, match=r"has no matcher.*'GroupedMoCo'"):
        init_model(moco, tmp_path / 'c.pth')


def test_error_for_a_backbone_alone(tmp_path: Path) -> None:
    weights = save_checkpoint(tmp_path / 'c.pth', tiny_config())
    backbone = {
        name.removeprefix('backbone.'): value
        for name, value in weights.items()
        if name.startswith('backbone.')
    }
    torch.save(dict(state_dict=backbone), tmp_path / 'c.pth')
    with pytest.raises(UserError, match=r'backbone alone.*set projector'):
        init_model(tiny_config(), tmp_path / 'c.pth')


def test_initialisation_without_a_checkpoint(tmp_path: Path, capfd) -> None:
    weights = save_checkpoint(tmp_path / 'c.pth', tiny_config())
    backbone = {
        name.removeprefix('backbone.'): value
        for name, value in weights.items()
        if name.startswith('backbone.')
    }
    torch.save(dict(state_dict=backbone), tmp_path / 'backbone.pth')
    cfg = tiny_config()
    path = str(tmp_path / 'backbone.pth')
    cfg.model.backbone.init_cfg = dict(type='Pretrained', checkpoint=path)
    model = init_model(cfg)
    assert torch.equal(model.backbone.conv1.weight, backbone['conv1.weight'])
    assert 'conv1.weight' not in ''.join(capfd.readouterr())
    # The level of the log is restored.
    assert MMLogger.get_current_instance().isEnabledFor(logging.INFO)
