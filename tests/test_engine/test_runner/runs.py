"""Training runs that end at a selected step, and their comparison."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from setsim_mm.engine.runner import DurableRunner

from ..training_runs import make_config


class KilledError(Exception):
    """Simulates SIGKILL: the run ends without writing or cleaning up."""


class KillHook(Hook):
    """End a run after a number of steps."""

    priority = 'LOWEST'

    def __init__(self, step: int) -> None:
        self.step = step

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        if runner.iter + 1 == self.step:
            raise KilledError


class NoteHook(Hook):
    """Note the images of each step and the random states after it."""

    def __init__(self) -> None:
        self.images: list[Tensor] = []
        self.states: list[list[Tensor]] = []

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict
    ) -> None:
        self.images.append(torch.stack(data_batch['inputs']).clone())

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        self.states.append(
            [
                torch.get_rng_state(),
                torch.tensor(np.random.get_state()[1].astype(np.int64)),
                torch.tensor(random.getstate()[1]),
            ]
        )


def make_run(
    images: Path,
    work_dir: Path,
    by_epoch: bool = True,
    workers: int = 0,
    save_every: int = 2,
    **options: Any,
) -> Config:
    """Return the config of a run of 9 steps: 3 epochs, or 9 iterations."""
    cfg = make_config(images, epochs=3)
    cfg.work_dir = str(work_dir)
    cfg.model.queue_len = 7  # no multiple of the batch: keys wrap around
    cfg.model.matcher = dict(type='RandomMatcher')  # draws numbers in the model
    cfg.train_dataloader.num_workers = workers
    cfg.train_dataloader.persistent_workers = False
    cfg.default_hooks.checkpoint = dict(
        type='CheckpointHook', interval=save_every, by_epoch=False, max_keep_ckpts=1
    )
    cfg.param_scheduler = [dict(type='CosineAnnealingLR', T_max=3, by_epoch=True)]
    if not by_epoch:
        cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=9)
        cfg.train_dataloader.sampler.type = 'InfiniteSampler'
        cfg.param_scheduler = [dict(type='CosineAnnealingLR', T_max=9, by_epoch=False)]
    cfg.merge_from_dict(options)
    return cfg


def train(cfg: Config, *hooks: Hook, resume: bool = False) -> DurableRunner:
    """Train in this process; an error in a hook ends it like a kill."""
    cfg.resume = resume
    return run_until_killed(DurableRunner.from_cfg(cfg), *hooks)


def run_until_killed(runner: Runner, *hooks: Hook) -> Runner:
    """Train with hooks to the end, or until one of them kills the run."""
    for hook in hooks:
        runner.register_hook(hook)
    try:
        runner.train()
    except KilledError:
        pass
    return runner


def state_of(runner: DurableRunner) -> dict[str, Any]:
    """Return the state that determines further training."""
    return dict(
        model=runner.model.state_dict(),
        optimizer=runner.optim_wrapper.state_dict(),
        schedule=[s.state_dict() for s in runner.param_schedulers],
        position=(runner.epoch, runner.iter),
    )


def assert_same(first: Any, second: Any, where: str = '') -> None:
    """Compare nested states bit for bit."""
    assert type(first) is type(second), where
    if isinstance(first, Tensor):
        assert torch.equal(first, second), where
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), where
        for key in first:
            assert_same(first[key], second[key], f'{where}.{key}')
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), where
        for number, pair in enumerate(zip(first, second, strict=True)):
            assert_same(*pair, f'{where}.{number}')
    else:
        assert first == second, where
