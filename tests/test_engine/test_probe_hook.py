"""The times of measurements, and their independence of training."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from mmselfsup.registry import HOOKS

from setsim_mm.engine.hooks.probe_hook import Measurement, ProbeHook

from .training_runs import WatchingHook, logged, make_config


class DisturbingHook(ProbeHook):
    """Measure nothing, but use random numbers and the data set."""

    title = 'disturbance'

    def prepare(self, runner: Runner) -> None:
        """Draw numbers."""
        self.draw()

    def measure(self, runner: Runner, epochs_done: int) -> Measurement:
        """Draw random numbers and record the mode of the backbone."""
        self.draw()
        modes = {module.training for module in runner.model.backbone.modules()}
        return Measurement(dict(disturbance=float(modes == {False})), 'done')

    def draw(self) -> None:
        random.random(), np.random.rand(), torch.rand(1)


@pytest.fixture(autouse=True)
def registered():
    HOOKS.register_module(module=DisturbingHook, force=True)
    yield
    HOOKS.module_dict.pop('DisturbingHook')


def measured_epochs(folder: Path, **hook) -> list[int]:
    cfg = make_config(folder, dict(type='DisturbingHook', **hook))
    runner = Runner.from_cfg(cfg)
    runner.train()
    records = logged(runner.work_dir, 'disturbance')
    # In evaluation mode, and not repeated by the log of the losses.
    assert all(r['disturbance'] == 1 and 'loss' not in r for r in records)
    assert all(record['step'] == 3 * record['epoch'] for record in records)
    return [record['epoch'] for record in records]


@pytest.mark.parametrize(
    ('hook', 'epochs'),
    [
        (dict(), [0, 1, 2, 3]),
        (dict(interval=2), [0, 2, 3]),
        (dict(initial=False), [1, 2, 3]),
        (dict(interval=None), [0, 3]),
        (dict(interval=None, initial=False), [3]),
    ],
)
def test_when_it_measures(folder: Path, hook: dict, epochs: list[int]) -> None:
    assert measured_epochs(folder, **hook) == epochs


def test_no_interval_below_one() -> None:
    with pytest.raises(ValueError, match=r'interval.* 1\b.* 0\b'):
        DisturbingHook(interval=0)


@pytest.mark.parametrize(
    'hook',
    [
        dict(type='DisturbingHook'),
        dict(type='CorrespondencePrecisionHook', num_images=5),
        dict(type='KNNHook', num_workers=1, image_size=32, k=2, num_val=3),
    ],
    ids=lambda hook: hook['type'],
)
def test_training_is_not_changed_by_the_hook(
    folder: Path, class_folders: Path, hook: dict
) -> None:
    if hook['type'] == 'KNNHook':
        hook = dict(hook, data_root=str(class_folders))
    seen = []
    for hooks in ([hook], []):
        runner = Runner.from_cfg(make_config(folder, *hooks))
        watching = WatchingHook()
        runner.register_hook(watching)
        runner.train()
        seen.append(watching.seen)
    assert len(seen[0]) == len(seen[1]) == 9 + 3
    for with_hook, without in zip(*seen, strict=True):
        for mine, other in zip(with_hook, without, strict=True):
            assert torch.equal(mine, other)


def test_a_resumed_run_does_not_measure_the_start_again(folder: Path) -> None:
    cfg = make_config(folder, dict(type='DisturbingHook'), epochs=1)
    Runner.from_cfg(cfg).train()
    cfg.train_cfg.max_epochs, cfg.resume = 2, True
    cfg.work_dir = str(folder.parent / 'work_dir')
    runner = Runner.from_cfg(cfg)
    runner._timestamp += '_resumed'
    runner.train()
    history = runner.message_hub.get_scalar('disturbance')
    assert len(history.data[0]) == 3  # the start, the first and the second epoch
