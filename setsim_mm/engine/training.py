"""From a config file to a trained checkpoint: what tools/train.py does."""

import os
from functools import partial
from pathlib import Path

import torch.distributed as dist
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_main_process

from setsim_mm.utils.allocator import keep_freed_memory
from setsim_mm.utils.distributed import join_processes_without_gpu, rank_and_processes
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.interrupts import REQUEUE, how_to_resume, sentence_for_interrupts
from setsim_mm.utils.mixed_precision import use_mixed_precision
from setsim_mm.utils.resuming import newest_whole_checkpoint, require_resumable
from setsim_mm.utils.work_dir import (
    last_checkpoint,
    lock_work_dir,
    require_unused,
    set_checkpoints_aside,
    unlock_work_dir,
)

from .hooks import StartingWeightsHook
from .runner import DurableRunner
from .starting_weights import starting_weights


def train(
    cfg: Config,
    resume: str | None = None,
    amp: bool = False,
    auto_scale_lr: bool = False,
    restart: bool = False,
    from_weights: str | os.PathLike | None = None,
) -> Path | None:
    """Train as a config says, on whatever devices there are.

    Args:
        cfg (Config): From :func:`load_training_config`.
        resume (str, optional): A checkpoint to go on from, or ``'auto'`` for the
            newest one in the output folder that is whole, if any. Defaults to None.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        auto_scale_lr (bool): Whether to scale the learning rate with the batch size.
            Defaults to False.
        restart (bool): Whether to begin anew in a folder that holds checkpoints, which
            move to a subfolder. Defaults to False.
        from_weights (str | os.PathLike, optional): A checkpoint whose backbone a new
            run starts from; see
            :func:`~setsim_mm.engine.starting_weights.starting_weights`. Defaults to
            None, the initialisation of the config.

    Returns:
        Path | None: The last checkpoint; None in all processes but the main one.

    Raises:
        UserError: If something cannot be done that was asked for.
    """
    how_to_go_on = partial(how_to_resume, cfg.work_dir)
    with sentence_for_interrupts(how_to_go_on, terminated=REQUEUE):
        prepare_training(cfg, resume, amp, auto_scale_lr)
        start = starting_weights(cfg, from_weights)
        if rank_and_processes(cfg.launcher)[0] == 0:
            take_work_dir(cfg.work_dir, resume is not None, restart)
        try:
            runner = DurableRunner.from_cfg(cfg)
            if start is not None:
                runner.register_hook(StartingWeightsHook(start))
            runner.train()
        finally:
            unlock_work_dir(cfg.work_dir)
    result = last_checkpoint(cfg.work_dir) if is_main_process() else None
    if dist.is_initialized():
        dist.destroy_process_group()
    return result


def prepare_training(
    cfg: Config,
    resume: str | None = None,
    amp: bool = False,
    auto_scale_lr: bool = False,
) -> None:
    """Write into a config what was asked for beside it, and join the other processes.

    Args:
        cfg (Config): From :func:`load_training_config`; it is changed.
        resume (str, optional): As :func:`train` takes it. Defaults to None.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        auto_scale_lr (bool): Whether to scale the learning rate with the batch size.
            Defaults to False.

    Raises:
        UserError: If something cannot be done that was asked for.
    """
    if amp or cfg.optim_wrapper.get('type') == 'AmpOptimWrapper':
        use_mixed_precision(cfg)
    if auto_scale_lr:
        _enable_auto_scale_lr(cfg)
    if get_device() == 'cpu':
        keep_freed_memory()
    join_processes_without_gpu(cfg)
    _choose_checkpoint(cfg, resume)


def take_work_dir(
    work_dir: str | os.PathLike, resume: bool = False, restart: bool = False
) -> None:
    """Lock the output folder for a run, and keep what an earlier one left in it.

    Args:
        work_dir (str | os.PathLike): The output folder, which is created.
        resume (bool): Whether the run goes on with what is there. Defaults to False.
        restart (bool): Whether to move what is there to a subfolder. Defaults to
            False.

    Raises:
        UserError: If another process has the folder, or checkpoints are there and
            neither option is given.
    """
    if resume and restart:
        raise UserError(
            '--resume goes on with a run and --restart begins anew: give one of them.'
        )
    lock_work_dir(work_dir)
    if restart:
        aside = set_checkpoints_aside(work_dir)
        if aside is not None:
            print(f'The earlier checkpoints are in {aside} now.')
    elif not resume:
        require_unused(work_dir)


def _enable_auto_scale_lr(cfg: Config) -> None:
    if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
        raise UserError(
            '--auto-scale-lr needs to know which batch size the learning rate belongs '
            'to: set auto_scale_lr=dict(base_batch_size=256) in the config.'
        )
    cfg.auto_scale_lr.enable = True


def _choose_checkpoint(cfg: Config, resume: str | None) -> None:
    """Set what the run starts from, and print it where it was found automatically."""
    if resume is None:
        return
    cfg.resume = False
    if resume == 'auto':
        found = newest_whole_checkpoint(cfg.work_dir)
        if is_main_process():
            for clause in found.broken:
                print(f'Passed over: {clause}')
        if found.checkpoint is None:
            if found.broken:
                raise UserError(
                    f'none of the {len(found.broken)} checkpoints in '
                    f'{str(cfg.work_dir)!r} is whole ({found.broken[0]}): restore one '
                    'from a copy, or begin anew with --restart.'
                )
            if is_main_process():
                print(f'There is no checkpoint in {cfg.work_dir} yet: starting anew.')
            return
        resume = str(found.checkpoint)
        if is_main_process():
            print(f'Resuming from {resume}.')
    elif '://' not in resume:
        require_resumable(resume)
    cfg.resume, cfg.load_from = True, resume
