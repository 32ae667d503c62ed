"""SIGTERM and Ctrl-C between the steps of a training."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.utils.interrupts import Terminated
from setsim_mm.utils.resuming import newest_whole_checkpoint

from .runs import NoteHook, assert_same, make_run, state_of, train


class SignalHook(Hook):
    """Send signals to this process at a point of a step."""

    def __init__(self, step: int, moment: str, *signals: int) -> None:
        self.step, self.moment, self.signals = step, moment, signals

    def _send(self, runner: Runner, moment: str) -> None:
        if moment == self.moment and runner.iter == self.step:
            for number in self.signals:
                os.kill(os.getpid(), number)

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        self._send(runner, 'step')

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        self._send(runner, 'save')


@pytest.mark.parametrize(
    'workers, moment, step', [(0, 'step', 4), (0, 'save', 3), (2, 'step', 8)]
)
def test_stopped_run_equals_the_uninterrupted_one(
    uninterrupted, workers, moment, step, images, tmp_path
):
    by_epoch, state, notes = uninterrupted
    cfg = make_run(images, tmp_path / 'run', by_epoch, workers)
    before, more = signal.getsignal(signal.SIGTERM), NoteHook()

    with pytest.raises(Terminated):
        train(cfg, SignalHook(step, moment, signal.SIGTERM, signal.SIGTERM))
    assert signal.getsignal(signal.SIGTERM) is before
    found = newest_whole_checkpoint(cfg.work_dir)
    assert found.broken == []
    assert torch.load(found.checkpoint)['meta']['iter'] == step + 1
    resumed = train(cfg, more, resume=True)

    assert_same(state_of(resumed), state)
    assert_same(more.images, notes.images[step + 1 :])


def test_ctrl_c_stops_after_the_step_and_is_announced(images, tmp_path, capfd):
    cfg = make_run(images, tmp_path / 'run', save_every=100)

    with pytest.raises(KeyboardInterrupt):
        # A terminal and a launcher both send it.
        train(cfg, SignalHook(4, 'step', signal.SIGINT, signal.SIGINT))

    assert newest_whole_checkpoint(cfg.work_dir).checkpoint.name == (
        'interrupted_iter_5.pth'
    )
    assert 'Ctrl-C again' in capfd.readouterr().err


def test_stop_after_a_checkpoint_saves_no_second_one(images, tmp_path):
    cfg = make_run(images, tmp_path / 'run')

    with pytest.raises(Terminated):
        train(cfg, SignalHook(3, 'step', signal.SIGTERM))

    names = [path.name for path in Path(cfg.work_dir).glob('*.pth')]
    assert names == ['iter_4.pth']
