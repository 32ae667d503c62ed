"""The predictor's learning rate with mmengine's optimizer and schedules."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.optim.scheduler import CosineAnnealingLR
from torch import nn

from setsim_mm.registry import HOOKS

STEPS, RATE = 8, 0.4


def model():
    return nn.ModuleDict({'backbone': nn.Linear(2, 2), 'predictor': nn.Linear(2, 2)})


def runner(**optim_wrapper):
    cfg = dict(
        type='OptimWrapper', optimizer=dict(type='SGD', lr=RATE), **optim_wrapper
    )
    return SimpleNamespace(optim_wrapper=build_optim_wrapper(model(), cfg))


MARKED = dict(paramwise_cfg=dict(custom_keys={'predictor': dict(fix_lr=True)}))


def rates(runner, fixed):
    return {
        group['lr']
        for group in runner.optim_wrapper.param_groups
        if bool(group.get('fix_lr')) == fixed
    }


@pytest.mark.parametrize('scale', [1, 2])
def test_the_schedule_moves_all_but_the_marked(scale):
    """By iterations, and with a scaled learning rate."""
    training = runner(**MARKED)
    for group in training.optim_wrapper.param_groups:
        group['lr'] *= scale  # as mmengine's auto_scale_lr does
    schedule = CosineAnnealingLR(
        training.optim_wrapper, T_max=STEPS, by_epoch=False, eta_min=0
    )
    hook = HOOKS.build(dict(type='FixedLearningRateHook'))
    hook.before_train(training)
    others = []
    for step in range(STEPS):
        hook.before_train_iter(training, step)
        assert rates(training, fixed=True) == {RATE * scale}
        others += rates(training, fixed=False)
        training.optim_wrapper.step()
        schedule.step()
    assert others[0] == RATE * scale
    assert all(later < earlier for earlier, later in pairwise(others))


def test_resumed_training():
    """The initial rate is part of the optimizer's state."""
    first, resumed = runner(**MARKED), runner(**MARKED)
    schedule = CosineAnnealingLR(first.optim_wrapper, T_max=STEPS, by_epoch=False)
    for _ in range(3):
        first.optim_wrapper.step()
        schedule.step()
    resumed.optim_wrapper.load_state_dict(first.optim_wrapper.state_dict())
    hook = HOOKS.build(dict(type='FixedLearningRateHook'))
    hook.before_train_iter(resumed, 0)
    assert rates(resumed, fixed=True) == {RATE}


def test_without_a_schedule_the_rate_stays():
    training = runner(**MARKED)
    HOOKS.build(dict(type='FixedLearningRateHook')).before_train_iter(training, 0)
    assert rates(training, fixed=True) == {RATE}


def test_no_marked_parameters_raise_an_error():
    with pytest.raises(ValueError, match=r"custom_keys=.*'predictor'|fix_lr=True"):
        HOOKS.build(dict(type='FixedLearningRateHook')).before_train(runner())


def test_optimizers_step_uses_the_rate():
    training = runner(**MARKED)
    schedule = CosineAnnealingLR(
        training.optim_wrapper, T_max=2, by_epoch=False, eta_min=0
    )
    hook = HOOKS.build(dict(type='FixedLearningRateHook'))
    for step in range(2):
        schedule.step()
        hook.before_train_iter(training, step)
    before = [
        g['params'][0].detach().clone() for g in training.optim_wrapper.param_groups
    ]
    for group in training.optim_wrapper.param_groups:
        group['params'][0].grad = torch.ones_like(group['params'][0])
    training.optim_wrapper.step()
    for group, old in zip(training.optim_wrapper.param_groups, before, strict=True):
        step = RATE if group.get('fix_lr') else 0.0  # the cosine has reached its end
        torch.testing.assert_close(old - group['params'][0], torch.full_like(old, step))
