"""Checkpoints on the disk during training."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.fileio import LocalBackend
from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.engine.hooks.durable_checkpoint_hook import DurableCheckpointHook
from setsim_mm.engine.runner import DurableRunner
from setsim_mm.utils import UserError
from setsim_mm.utils.untrusted_files import damage_of

from .training_runs import make_config


class DiskHook(Hook):
    """Fail to write in some saves, and record the files at the start of each."""

    def __init__(self, *refused: int) -> None:
        self.refused, self.saves, self.there = refused, 0, []

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        self.saves += 1
        folder = Path(runner.work_dir)
        self.there.append(sorted(path.name for path in folder.glob('*.pth')))
        if self.saves in self.refused:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make_runner(folder: Path, *hooks: Hook, **options: Any) -> DurableRunner:
    """Return a runner of 3 epochs that keeps one checkpoint."""
    cfg = make_config(folder)
    cfg.default_hooks.checkpoint.max_keep_ckpts = 1
    cfg.merge_from_dict(options)
    runner = DurableRunner.from_cfg(cfg)
    for hook in hooks:
        runner.register_hook(hook)
    return runner


def saved(runner: DurableRunner) -> list[str]:
    """Return the names of the checkpoints, all of which must be intact."""
    paths = sorted(Path(runner.work_dir).glob('*.pth'))
    assert [damage_of(path) for path in paths] == [None] * len(paths)
    return [path.name for path in paths]


def test_older_checkpoint_is_removed_after_the_newer_one_is_saved(folder):
    disk = DiskHook()

    runner = make_runner(folder, disk)
    runner.train()

    assert disk.there == [[], ['epoch_1.pth'], ['epoch_2.pth']]
    assert saved(runner) == ['epoch_3.pth']
    pointer = Path(runner.work_dir, 'last_checkpoint').read_text()
    assert pointer == str(Path(runner.work_dir, 'epoch_3.pth'))


def test_full_disk_keeps_the_last_good_checkpoint_and_training_continues(folder):
    runner = make_runner(folder, DiskHook(2))
    runner.train()

    assert saved(runner) == ['epoch_3.pth'] and runner.iter == 9
    (log,) = Path(runner.work_dir).glob('*/*.log')
    (line,) = [line for line in log.read_text().splitlines() if 'ERROR' in line]
    assert 'epoch_2.pth' in line and 'epoch_1.pth' in line and 'No space' in line


def test_disk_that_is_full_at_the_end_is_an_error(folder):
    runner = make_runner(folder, DiskHook(3))

    with pytest.raises(UserError, match=r'epoch_3\.pth.*No space.*epoch_2\.pth') as e:
        runner.train()

    assert '--resume' in str(e.value) and saved(runner) == ['epoch_2.pth']


def test_third_failure_in_a_row_stops(folder):
    options = {'train_cfg.max_epochs': 9}
    runner = make_runner(folder, DiskHook(2, 3, 5, 6, 7), **options)

    with pytest.raises(UserError, match=r'\b3 failed'):
        runner.train()

    assert saved(runner) == ['epoch_4.pth'] and runner.epoch == 6


def test_free_space_is_checked_before_writing(folder, monkeypatch):
    full = os.statvfs_result((4096, 4096, 100, 0, 0, 10, 0, 0, 0, 255))
    monkeypatch.setattr(os, 'statvfs', lambda path: full)
    disk = DiskHook()
    runner = make_runner(folder, disk, **{'train_cfg.max_epochs': 1})

    with pytest.raises(UserError, match='0 MiB'):
        runner.train()

    assert disk.saves == 0


def test_best_checkpoint_is_removed_after_the_better_one_is_saved(folder, tmp_path):
    runner = make_runner(folder, **{'default_hooks.checkpoint.save_best': 'acc'})
    hook = next(h for h in runner.hooks if isinstance(h, DurableCheckpointHook))
    there = []

    class ScoreHook(Hook):
        priority = 'LOWEST'

        def after_train_epoch(self, runner):
            scores = {0: 0.5, 1: 0.7, 2: 0.6}
            hook.after_val_epoch(runner, dict(acc=scores[runner.epoch]))
            there.append(sorted(p.name for p in folder.parent.glob('*/best_*.pth')))

    class RemovalHook(Hook):
        def before_save_checkpoint(self, runner, checkpoint):
            assert list(Path(runner.work_dir).glob('best_*.pth')) or runner.epoch == 0

    runner.register_hook(ScoreHook())
    runner.register_hook(RemovalHook())
    runner.train()

    assert [len(names) for names in there] == [1, 1, 1]
    assert there[0] != there[1] == there[2]


def test_interim_checkpoint_is_removed_with_the_next_scheduled_one(folder):
    class InterimHook(Hook):
        priority = 'LOWEST'

        def after_train_iter(self, runner, *args, **kwargs):
            if runner.iter == 4:
                hook.save_interim(runner)
                seen.append(saved(runner))

    seen = []
    runner = make_runner(folder, InterimHook())
    hook = next(h for h in runner.hooks if isinstance(h, DurableCheckpointHook))
    runner.train()

    assert seen == [['epoch_1.pth', 'interrupted_iter_4.pth']]
    assert saved(runner) == ['epoch_3.pth']


def test_pointer_is_corrected_by_a_resumed_run(folder):
    """A kill between writing a checkpoint and its pointer."""
    runner = make_runner(folder)
    runner.train()
    pointer = Path(runner.work_dir, 'last_checkpoint')
    pointer.write_text(str(Path(runner.work_dir, 'epoch_2.pth')))

    make_runner(folder, resume=True).train()

    assert pointer.read_text() == str(Path(runner.work_dir, 'epoch_3.pth').resolve())


@pytest.mark.parametrize(
    'options', [dict(out_dir='elsewhere'), dict(backend_args=dict(backend='petrel'))]
)
def test_other_folders_raise_an_error(options):
    with pytest.raises(UserError, match='--work-dir'):
        DurableCheckpointHook(interval=1, **options)


def test_written_through_mmengine_and_read_by_it(folder):
    runner = make_runner(folder)
    runner.train()
    path = Path(runner.work_dir, 'epoch_3.pth')

    checkpoint = torch.load(path, weights_only=True)

    assert checkpoint['meta']['epoch'] == 3 and checkpoint['meta']['iter'] == 9
    assert LocalBackend().exists(path) and {'optimizer', 'message_hub'} <= {*checkpoint}
