"""Length, schedule and hooks of a training move together."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS, DefaultScope

from setsim_mm.engine.training_length import (
    longer_schedule,
    schedule_of,
    set_training_length,
)
from setsim_mm.utils import UserError, load_training_config

SELFSUP = Path(__file__).parents[2] / 'configs' / 'selfsup'
NAMES = ('setsim_r50_200e_folder', 'setsim_r18_10e_folder112', 'setsim_r50_800e_coco')
FROM_WEIGHTS = SELFSUP / 'setsim_r50_20e_folder_from-weights.py'
CONFIGS = [
    FROM_WEIGHTS,
    *(SELFSUP / f'{name}.py' for name in NAMES),
    SELFSUP / 'setsim_vit-small_200e_in1k.py',
    SELFSUP / 'copy_detection' / 'qk_r50_100e_folder.py',
]


def shortened(path: Path, **length: int) -> Config:
    cfg = load_training_config(str(path))
    set_training_length(cfg, **length)
    return cfg


def learning_rates(cfg: Config, epochs: int, steps: int = 10) -> list[float]:
    """Return the learning rate of each step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    by_step, by_epoch = [], []
    with DefaultScope.overwrite_default_scope('mmengine'):
        for schedule in cfg.param_scheduler:
            settings = dict(schedule, optimizer=optimizer)
            settings.setdefault('end', epochs)
            if settings.pop('convert_to_iter_based', False):
                kind = PARAM_SCHEDULERS.get(settings.pop('type'))
                settings['by_epoch'] = True
                by_step.append(
                    kind.build_iter_from_epoch(epoch_length=steps, **settings)
                )
            else:
                by_epoch.append(PARAM_SCHEDULERS.build(settings))
    rates = []
    for _ in range(epochs):
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]['lr'])
            optimizer.step()
            for schedule in by_step:
                schedule.step()
        for schedule in by_epoch:
            schedule.step()
    return rates


@pytest.mark.parametrize('epochs', [1, 2, 7, 300])
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_schedule_ends_with_the_training(path, epochs):
    cfg = shortened(path, epochs=epochs)
    assert cfg.train_cfg.max_epochs == epochs
    assert longer_schedule(cfg) is None
    for schedule in cfg.param_scheduler:
        begin, end = schedule.get('begin', 0), schedule.get('end', epochs)
        assert begin < end <= epochs
        assert schedule.get('T_max', end - begin) == end - begin


def test_a_warm_up_is_kept_or_shortened_and_the_cosine_ends_low():
    five = learning_rates(shortened(FROM_WEIGHTS, epochs=5), 5)
    one = learning_rates(shortened(FROM_WEIGHTS, epochs=1), 1)
    for rates, peak in ((five, 10), (one, 5)):
        assert rates[0] == pytest.approx(0.01)
        assert max(rates) > 0.9
        assert abs(rates.index(max(rates)) - peak) <= 1
        assert rates[-1] < 0.1


def test_evaluations_and_checkpoints_are_within_the_training():
    cfg = Config(
        dict(
            train_cfg=dict(max_epochs=300, val_interval=10, val_begin=20),
            param_scheduler=[
                dict(type='LinearLR', by_epoch=False, end=1000),
                dict(type='MultiStepLR', milestones=[200, 250], end=300),
            ],
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=10)),
            custom_hooks=[dict(type='PipelineSwitchHook', switch_epoch=270)],
        )
    )
    set_training_length(cfg, epochs=6)
    assert cfg.train_cfg == dict(max_epochs=6, val_interval=6, val_begin=6)
    assert cfg.param_scheduler[0].end == 20
    assert cfg.param_scheduler[1].milestones == [4, 5]
    assert cfg.default_hooks.checkpoint.interval == 6
    assert cfg.custom_hooks[0].switch_epoch == 5


@pytest.mark.parametrize(
    ('length', 'facts'),
    [
        (dict(epochs=0), r'--epochs .* 1, not 0'),
        (dict(iterations=9), r'counts epochs.*--epochs'),
    ],
)
def test_impossible_lengths_are_errors(length, facts):
    with pytest.raises(UserError, match=facts):
        shortened(FROM_WEIGHTS, **length)


def test_a_schedule_that_is_longer_than_the_training_is_noticed():
    cfg = load_training_config(str(FROM_WEIGHTS), {'train_cfg.max_epochs': 5})
    assert '--epochs 5' in longer_schedule(cfg)


def test_a_length_that_was_changed_alone_is_no_measure():
    options = {'train_cfg.max_epochs': 5}
    cfg = load_training_config(str(FROM_WEIGHTS), options)
    set_training_length(cfg, epochs=5)
    assert cfg.param_scheduler == shortened(FROM_WEIGHTS, epochs=5).param_scheduler


def test_schedules_of_two_lengths_differ():
    one, other = (shortened(FROM_WEIGHTS, epochs=n) for n in (5, 10))
    assert schedule_of(one) != schedule_of(other)
    assert schedule_of(Config(dict(train_cfg=dict(max_epochs=3)))) == {}
    cosine = dict(type='CosineAnnealingLR')
    without_end = [
        dict(param_scheduler=[cosine], train_cfg=dict(max_epochs=n)) for n in (1, 2)
    ]
    assert schedule_of(without_end[0]) != schedule_of(without_end[1])
