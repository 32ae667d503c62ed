"""The short schedule for existing weights, step by step."""

from pathlib import Path

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch import nn

from setsim_mm.utils import load_training_config

CONFIG = Path(__file__).parents[1] / (
    'configs/selfsup/setsim_r50_20e_folder_from-weights.py'
)
STEPS = 10  # of an epoch


def test_warms_up_for_an_epoch_and_ends_at_zero():
    cfg = load_training_config(str(CONFIG))
    wrapper = build_optim_wrapper(nn.Linear(1, 1), cfg.optim_wrapper)
    schedulers = [
        PARAM_SCHEDULERS.build(
            part,
            default_args=dict(optimizer=wrapper, epoch_length=STEPS),
        )
        for part in cfg.param_scheduler
    ]
    rates = []
    for _ in range(cfg.train_cfg.max_epochs * STEPS):
        rates.append(wrapper.get_lr()['lr'][0])
        wrapper.step()
        for scheduler in schedulers:
            scheduler.step()

    assert len(rates) == 200
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == pytest.approx(0.01) and 9 <= rates.index(max(rates)) <= 10
    # Half of a cosine from step 10 to step 200.
    expected = 0.005 * (1 + torch.cos(torch.tensor(torch.pi * (105 - 10) / 190)))
    assert rates[105] == pytest.approx(float(expected), rel=0.02)
    assert 0 <= rates[-1] < 1e-5
