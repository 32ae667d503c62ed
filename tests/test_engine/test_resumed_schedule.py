"""A run is resumed with the schedule of its checkpoint."""

import pytest
import torch
from mmengine.config import Config

from setsim_mm.engine.resumed_schedule import require_same_schedule
from setsim_mm.engine.training_length import set_training_length
from setsim_mm.utils import UserError


def config(epochs: int) -> Config:
    cosine = dict(type='CosineAnnealingLR', T_max=10, end=10)
    cfg = Config(dict(train_cfg=dict(max_epochs=10), param_scheduler=[cosine]))
    set_training_length(cfg, epochs=epochs)
    return cfg


def saved(folder, text):
    path = folder / 'epoch_1.pth'
    torch.save(dict(meta=dict(cfg=text), state_dict={}, optimizer={}), path)
    return path


def test_another_length_is_an_error(tmp_path):
    path = saved(tmp_path, config(10).pretty_text)
    require_same_schedule(config(10), path)
    with pytest.raises(UserError, match=r'T_max is 10 there and 5 here.*--epochs'):
        require_same_schedule(config(5), path)


@pytest.mark.parametrize('text', [None, 'not a config (', 'param_scheduler = [[1]]'])
def test_a_checkpoint_without_a_schedule_is_allowed_or_differs(tmp_path, text):
    path = saved(tmp_path, text)
    if text is None or 'config' in text:
        require_same_schedule(config(5), path)
    else:
        with pytest.raises(UserError):
            require_same_schedule(config(5), path)
