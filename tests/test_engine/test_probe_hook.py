"""The times of measurements, and their independence of training."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from mmengine.runner import Runner

from setsim_mm.engine.hooks.probe_hook import (
    Measurement,
    ProbeHook,
    on_main_process,
)
from setsim_mm.engine.runner import DurableRunner
from setsim_mm.registry import HOOKS
from setsim_mm.utils import UserError

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


class FailingHook(ProbeHook):
    """Raise an error after an epoch."""

    title = 'failure'

    def __init__(self, epoch: int) -> None:
        super().__init__(initial=False)
        self.epoch = epoch

    def prepare(self, runner: Runner) -> None:
        """Do nothing."""

    def measure(self, runner: Runner, epochs_done: int) -> None:
        """Raise an error if it is the epoch."""
        if epochs_done == self.epoch:
            raise UserError('the measurement fails.')


@pytest.fixture(autouse=True)
def registered():
    for hook in (DisturbingHook, FailingHook):
        HOOKS.register_module(module=hook, force=True)
    yield
    for hook in (DisturbingHook, FailingHook):
        HOOKS.module_dict.pop(hook.__name__)


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


@pytest.mark.parametrize('epoch', [1, 2])
@pytest.mark.parametrize('kind', [Runner, DurableRunner])
def test_an_error_is_raised_when_the_checkpoint_is_saved(
    folder: Path, kind: type[Runner], epoch: int
) -> None:
    cfg = make_config(folder, dict(type='FailingHook', epoch=epoch), epochs=2)
    runner = kind.from_cfg(cfg)
    with pytest.raises(UserError, match='the measurement fails'):
        runner.train()
    assert runner.iter == 3 * epoch
    saved = sorted(path.name for path in Path(cfg.work_dir).glob('*.pth'))
    assert saved == [f'epoch_{n}.pth' for n in range(1, epoch + 1)]


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


def raise_on_the_first_rank(rank: int, rendezvous: str) -> None:
    """Exit with an error unless this rank gets the result and the error of rank 0."""
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{rendezvous}', rank=rank, world_size=2
    )

    def fail() -> None:
        raise UserError(f'rank {rank} fails.')

    assert on_main_process(lambda: rank) == 0
    with pytest.raises(UserError, match='rank 0 fails'):
        on_main_process(fail)
    torch.distributed.destroy_process_group()


def test_all_ranks_have_the_result_or_the_error_of_the_first(tmp_path: Path) -> None:
    mp.start_processes(
        raise_on_the_first_rank,
        (str(tmp_path / 'rendezvous'),),
        nprocs=2,
        start_method='fork',
    )
