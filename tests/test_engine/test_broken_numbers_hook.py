"""Training with values that become infinite or NaN."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from setsim_mm.engine.hooks.broken_numbers_hook import (
    BrokenNumbersError,
    BrokenNumbersHook,
    image_paths,
)
from setsim_mm.engine.runner import DurableRunner

from .training_runs import make_config


class BreakHook(Hook):
    """Break something before a step."""

    def __init__(self, step: int, how: str) -> None:
        self.step, self.how = step, how

    def before_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        if runner.iter != self.step:
            return
        parameter = next(runner.model.neck.parameters())
        if self.how == 'gradient':
            parameter.register_hook(lambda gradient: gradient * math.nan)
        elif self.how == 'rate':
            for group in runner.optim_wrapper.param_groups:
                group['lr'] = 1e30
        elif self.how == 'loss':
            with torch.no_grad():
                parameter.fill_(math.nan)
        elif self.how == 'buffer':
            norm = next(m for m in runner.model.modules() if hasattr(m, 'running_var'))
            norm.running_var.fill_(math.inf)
            norm.momentum = 0.0  # no step writes over it


def train(folder: Path, how: str, step: int = 4) -> tuple[str, list[Path]]:
    """Train 9 steps of 3 epochs; return the message and the checkpoints."""
    cfg = make_config(folder)
    cfg.default_hooks.checkpoint.max_keep_ckpts = 1
    runner = DurableRunner.from_cfg(cfg)
    runner.register_hook(BreakHook(step, how))
    with pytest.raises(BrokenNumbersError) as caught:
        runner.train()
    return str(caught.value), sorted(Path(cfg.work_dir).glob('epoch_*.pth'))


@pytest.mark.parametrize('how', ['loss', 'gradient', 'rate', 'buffer'])
def test_run_stops_and_keeps_the_last_finite_checkpoint(how, folder):
    sentence, saved = train(folder, how)

    assert [path.name for path in saved] == ['epoch_1.pth']
    assert str(saved[0]) in sentence
    state = torch.load(saved[0], weights_only=True)['state_dict']
    assert all(value.isfinite().all() for value in state.values())


@pytest.mark.parametrize(
    'how, fact', [('gradient', 'gradient'), ('loss', 'nan'), ('rate', '1e+30')]
)
def test_sentence_has_step_images_and_numbers(how, fact, folder):
    sentence, _ = train(folder, how)

    assert fact in sentence
    number = int(sentence.split('at step ')[1].split()[0])
    assert number == 5 if how != 'rate' else number >= 5
    assert sum(str(path) in sentence for path in folder.iterdir()) == 2


def test_weights_are_as_before_the_broken_step(folder):
    cfg = make_config(folder)
    runner = DurableRunner.from_cfg(cfg)
    runner.register_hook(BreakHook(4, 'gradient'))
    before = {}

    class NoteHook(Hook):
        priority = 'LOWEST'

        def before_train_iter(self, runner, *args, **kwargs):
            for name, value in runner.model.named_parameters():
                before[name] = value.detach().clone()

    runner.register_hook(NoteHook())
    with pytest.raises(BrokenNumbersError):
        runner.train()

    online = [n for n, p in runner.model.named_parameters() if p.requires_grad]
    assert online
    for name, value in runner.model.named_parameters():
        if name in online:
            assert torch.equal(value, before[name]), name


class Scaled:
    """An optimizer wrapper with a gradient scaler, as far as the hook reads it."""

    loss_scaler = object()
    _accumulative_counts = 1

    def __init__(self) -> None:
        self.optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1)
        self.param_groups = self.optimizer.param_groups


class Scalars(dict):
    def update_scalar(self, name, value):
        self[name] = value


class SmallRunner:
    """The attributes of a runner that the hook reads."""

    iter, rank, work_dir = 0, 0, '/nowhere'

    def __init__(self) -> None:
        self.optim_wrapper = Scaled()
        self.message_hub = Scalars()


def step(hook: BrokenNumbersHook, runner: SmallRunner, skipped: bool) -> None:
    """Call the hook as in a step that the scaler skips or not."""
    hook.before_train_iter(runner, 0, None)
    if not skipped:
        runner.optim_wrapper.optimizer.step()
    loss = torch.tensor(math.inf if skipped else 1.0)
    hook.after_train_iter(runner, 0, None, dict(loss=loss))


def test_skipped_steps_are_counted_and_too_many_stop():
    hook, runner = BrokenNumbersHook(max_skipped=3), SmallRunner()
    hook.before_train(runner)

    for skipped in (True, True, False, True, True, False):
        step(hook, runner, skipped)
    assert runner.message_hub == {'train/skipped_steps': 4}
    step(hook, runner, True)
    step(hook, runner, True)
    with pytest.raises(BrokenNumbersError, match='3 steps in a row'):
        step(hook, runner, True)


def test_paths_of_a_batch_without_metainfo():
    assert image_paths(None) == image_paths(dict(inputs=1)) == []
    assert image_paths(dict(data_samples=[object()])) == []
