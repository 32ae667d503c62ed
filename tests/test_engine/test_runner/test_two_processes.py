"""Resuming, stopping and errors in two gloo processes."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from setsim_mm.engine.runner import DurableRunner
from setsim_mm.utils import UserError
from setsim_mm.utils.interrupts import Terminated
from setsim_mm.utils.random_state import shared_generator
from setsim_mm.utils.resuming import newest_whole_checkpoint

from .runs import KilledError, KillHook, NoteHook, assert_same, make_run
from .test_stop import SignalHook


def as_rank(rank: int, rendezvous: str, work: Any, arguments: tuple) -> None:
    """Function of each process."""
    torch.set_num_threads(1)
    os.environ.update(LOCAL_RANK=str(rank), RANK=str(rank), WORLD_SIZE='2')
    dist.init_process_group(
        'gloo', init_method=f'file://{rendezvous}', rank=rank, world_size=2
    )
    work(rank, *arguments)
    dist.destroy_process_group()


def in_two_processes(work: Any, folder: Path, *arguments: Any) -> None:
    """Run a function in two processes and raise their errors."""
    rendezvous = folder / f'rendezvous_{len(os.listdir(folder))}'
    mp.start_processes(
        as_rank, (str(rendezvous), work, arguments), nprocs=2, start_method='fork'
    )


def make_runner(images: Path, work_dir: Path, resume: bool) -> DurableRunner:
    cfg = make_run(images, work_dir)
    cfg.launcher, cfg.resume = 'pytorch', resume
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False
    )
    cfg.train_dataloader.batch_size = 1
    return DurableRunner.from_cfg(cfg)


def train_rank(
    rank: int, images: Path, work_dir: Path, notes: Path, how: str | None, resume: bool
) -> None:
    """Train, and record the images and states of this rank."""
    runner, note = make_runner(images, work_dir, resume), NoteHook()
    runner.register_hook(note)
    if how == 'kill':
        runner.register_hook(KillHook(5))
    elif how == 'signal' and rank == 1:
        runner.register_hook(SignalHook(4, 'step', signal.SIGTERM))
    ended = None
    try:
        runner.train()
    except (KilledError, Terminated) as error:
        ended = type(error).__name__
    seen = dict(images=note.images, states=note.states, ended=ended, iter=runner.iter)
    torch.save(seen, notes / f'rank{rank}.pth')


@pytest.fixture
def trained(images, tmp_path):
    """Return a function that trains in two processes and returns the ranks' records."""

    def train(name: str, how: str | None = None, resume: bool = False) -> list[dict]:
        notes = tmp_path / f'{name}_notes'
        notes.mkdir(exist_ok=True)
        in_two_processes(
            train_rank, tmp_path, images, tmp_path / name, notes, how, resume
        )
        return [torch.load(notes / f'rank{rank}.pth') for rank in range(2)]

    return train


def final_state(work_dir: Path) -> dict:
    checkpoint = torch.load(newest_whole_checkpoint(work_dir).checkpoint)
    return {k: checkpoint[k] for k in ('state_dict', 'optimizer', 'param_schedulers')}


def test_killed_and_stopped_runs_equal_the_uninterrupted_one(trained, tmp_path):
    whole = trained('whole')
    killed = trained('killed', 'kill')
    stopped = trained('stopped', 'signal')

    assert [seen['ended'] for seen in killed + stopped] == (
        ['KilledError'] * 2 + ['Terminated'] * 2
    )
    steps = {seen['iter'] for seen in stopped}
    assert len(steps) == 1 and steps.pop() in (5, 6, 7)  # one rank had the signal
    # Each rank has its own images and numbers.
    assert not torch.equal(whole[0]['images'][0], whole[1]['images'][0])
    assert not torch.equal(whole[0]['states'][0][0], whole[1]['states'][0][0])
    for name in ('killed', 'stopped'):
        resumed = trained(name, resume=True)
        assert_same(final_state(tmp_path / name), final_state(tmp_path / 'whole'))
        for mine, theirs in zip(resumed, whole, strict=True):
            left = len(mine['images'])
            assert 0 < left < 9
            assert_same(mine['images'], theirs['images'][-left:])
            assert_same(mine['states'], theirs['states'][-left:])


def refuse_other_data(rank: int, folders: list[Path], work_dir: Path) -> None:
    runner = make_runner(folders[rank], work_dir, resume=False)
    with pytest.raises(UserError) as caught:
        runner.train()
    for fact in ('process 1', '5 ', '6', 'data_root'):
        assert fact in str(caught.value)
    assert runner.rank == rank


def test_ranks_with_another_number_of_images_raise_an_error(images, tmp_path):
    fewer = tmp_path / 'fewer'
    fewer.mkdir()
    for path in sorted(images.iterdir())[1:]:
        (fewer / path.name).write_bytes(path.read_bytes())

    in_two_processes(refuse_other_data, tmp_path, [images, fewer], tmp_path / 'run')


def note_order(rank: int, images: Path, work_dir: Path, notes: Path) -> None:
    cfg = make_run(images, work_dir, launcher='pytorch')
    cfg.randomness = dict(seed=3, diff_rank_seed=True)
    cfg.model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None)
    cfg.train_dataloader.batch_size = 1
    runner = DurableRunner.from_cfg(cfg)
    runner.train()
    sampler = runner.train_loop.dataloader.batch_sampler.sampler
    order = [[int(key), key.seed] for key in sampler]
    (notes / f'rank{rank}.json').write_text(json.dumps(order))
    drawn = shared_generator().initial_seed()
    (notes / f'shared{rank}.json').write_text(json.dumps(drawn))


def test_ranks_with_different_seeds_divide_the_images(images, tmp_path):
    in_two_processes(note_order, tmp_path, images, tmp_path / 'run', tmp_path)

    order, shared = (
        [json.loads((tmp_path / f'{name}{rank}.json').read_text()) for rank in range(2)]
        for name in ('rank', 'shared')
    )
    seen = [index for rank in order for index, _ in rank]
    assert sorted(seen) == list(range(6))
    assert shared[0] == shared[1]
