"""Training steps in processes: NCCL on GPUs, gloo on CPUs."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist
from mmengine.model import MMDistributedDataParallel
from torch import Tensor, multiprocessing

from measurements import methods
from setsim_mm.utils.random_state import fixed_random_state, seed_step

from .check import Measured, NotRun, Setting
from .exact import without_tf32
from .steps import build, losses_of

STEPS = 2


def one_process(setting: Setting) -> Iterator[Measured]:
    """Compare steps in a process group of one process with steps without a group."""
    with without_tf32():
        expected = losses_of(build(setting, methods.SYMMETRIC), STEPS)
        _join(setting, 0, 1, _free_port())
        try:
            losses, *_ = _steps_in_group(setting)
        finally:
            dist.destroy_process_group()
    error = max(
        abs(mine - theirs) for mine, theirs in zip(losses, expected, strict=True)
    )
    bound = 1e-2 if setting.on_gpu else 1e-5
    yield Measured('difference of the losses', error, bound, _backend(setting))


def every_gpu(setting: Setting) -> Iterator[Measured]:
    """Train in a process for each GPU and compare weights and queues of the ranks."""
    setting.need_gpu('a process for each GPU')
    ranks = torch.cuda.device_count()
    if ranks < 2:
        raise NotRun('this machine has one GPU')
    yield from agreement_of_ranks(setting, ranks)


def agreement_of_ranks(setting: Setting, ranks: int) -> Iterator[Measured]:
    """Train in several processes and compare their weights and queues.

    Args:
        setting (Setting): Device and sizes.
        ranks (int): Number of processes.

    Yields:
        Measured: Differences between ranks, and losses that are not finite.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / 'found.json'
        # Spawned: a forked process cannot use CUDA.
        multiprocessing.spawn(
            _check_rank, (setting, ranks, _free_port(), found), nprocs=ranks
        )
        values = json.loads(found.read_text())
    for what, value in values.items():
        yield Measured(f'{ranks} ranks: {what}', value, 0, _backend(setting))


def _check_rank(
    rank: int, setting: Setting, ranks: int, port: int, found: Path
) -> None:
    """Train in one of several processes; rank 0 writes what differs."""
    if setting.on_gpu:
        torch.cuda.set_device(rank)
        setting = replace(setting, device=torch.device('cuda', rank))
    _join(setting, rank, ranks, port)
    try:
        losses, weights, queues = _steps_in_group(setting)
        broken = (~torch.tensor(losses, device=setting.device).isfinite()).sum()
        values = {
            'difference of the weights': _from_rank_0(weights),
            'difference of the queues': _from_rank_0(queues),
            'losses that are not finite': broken.double(),
        }
        for value in values.values():
            dist.all_reduce(value, dist.ReduceOp.MAX)
        if rank == 0:
            found.write_text(json.dumps({k: float(v) for k, v in values.items()}))
        dist.barrier()
    finally:
        dist.destroy_process_group()


def _from_rank_0(values: Tensor) -> Tensor:
    """Return the largest difference from the values of rank 0, a scalar."""
    first = values.clone()
    dist.broadcast(first, src=0)
    return (first - values).abs().max().double()


def _steps_in_group(setting: Setting) -> tuple[list[float], Tensor, Tensor]:
    """Run steps with DistributedDataParallel; return losses, weights and queues."""
    step = build(setting, methods.SYMMETRIC)
    devices = [setting.device.index or 0] if setting.on_gpu else None
    parallel = MMDistributedDataParallel(
        step.model, device_ids=devices, broadcast_buffers=False
    )
    losses = []
    rank = dist.get_rank()
    with fixed_random_state(1):
        seed_step(seed=1, step=0, rank=rank)
        for _ in range(STEPS):
            log = parallel.train_step(step.data, step.optim_wrapper)
            losses.append(float(log['loss'].detach()))
    weights = torch.cat([p.detach().flatten() for p in step.model.parameters()])
    queues = torch.cat([step.model.image_queue.features, step.model.set_queue.features])
    return losses, weights, queues.contiguous()


def _join(setting: Setting, rank: int, ranks: int, port: int) -> None:
    """Create the process group."""
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group(_backend(setting), rank=rank, world_size=ranks)


def _backend(setting: Setting) -> str:
    return 'nccl' if setting.on_gpu else 'gloo'


def _free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
