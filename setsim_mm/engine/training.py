"""Train a config: the function of tools/train.py."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch.distributed as dist
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_main_process

from setsim_mm.runs.run_record import (
    RunRecord,
    continue_record,
    training_record,
    write_record,
)
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
from .resumed_schedule import require_same_schedule
from .runner import DurableRunner
from .starting_weights import starting_weights
from .training_length import longer_schedule


def train(
    cfg: Config,
    resume: str | None = None,
    amp: bool = False,
    auto_scale_lr: bool = False,
    restart: bool = False,
    from_weights: str | os.PathLike | None = None,
    record: RunRecord | None = None,
    runner_type: type[DurableRunner] = DurableRunner,
    how_to_go_on: Callable[[], str] | None = None,
) -> Path | None:
    """Train a config on the available devices.

    The folder gets a record of the run, with the last logged values when it has ended.

    Args:
        cfg (Config): From :func:`load_training_config`.
        resume (str, optional): A checkpoint to resume from, or ``'auto'`` for the
            newest intact one in the output folder, if any. Defaults to None.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        auto_scale_lr (bool): Whether to scale the learning rate with the batch size.
            Defaults to False.
        restart (bool): Whether to start again in a folder with checkpoints, which are
            moved to a subfolder. Defaults to False.
        from_weights (str | os.PathLike, optional): A checkpoint whose backbone a new
            run starts from; see
            :func:`~setsim_mm.engine.starting_weights.starting_weights`. Defaults to
            None, the initialisation of the config.
        record (RunRecord, optional): The record of the run. Defaults to None, that of
            a pre-training.
        runner_type (type[DurableRunner]): The Runner. Defaults to
            :class:`~setsim_mm.engine.runner.DurableRunner`.
        how_to_go_on (Callable[[], str], optional): Returns the sentence that is printed
            after an interruption. Defaults to None, the advice to use ``--resume``.

    Returns:
        Path | None: The last checkpoint, in the main process only.

    Raises:
        UserError: If the options cannot be fulfilled.
    """
    advice = how_to_go_on or partial(how_to_resume, cfg.work_dir)
    with sentence_for_interrupts(advice, terminated=REQUEUE):
        rank, processes = rank_and_processes(cfg.launcher)
        if record is None:  # before the options change the config
            options = dict(amp=amp, auto_scale_lr=auto_scale_lr)
            record = training_record(cfg, processes, options)
        prepare_training(cfg, resume, amp, auto_scale_lr)
        start = starting_weights(cfg, from_weights)
        if start is not None:
            weights = dict(from_weights=start.record['sha256'])
            record = replace(record, inputs={**record.inputs, **weights})
        if rank == 0:
            take_work_dir(cfg.work_dir, resume is not None, restart)
            if resume is None:
                write_record(record, False, restart)
            else:
                record = continue_record(record)
            sentence = longer_schedule(cfg)
            if sentence is not None:
                print(sentence)
        try:
            runner = runner_type.from_cfg(cfg)
            if start is not None:
                runner.register_hook(StartingWeightsHook(start))
            runner.train()
            if rank == 0:
                _finish(record)
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
    """Apply options to a config, in place, and join the other processes.

    Args:
        cfg (Config): From :func:`load_training_config`.
        resume (str, optional): See :func:`train`.
        amp (bool): See :func:`train`.
        auto_scale_lr (bool): See :func:`train`.

    Raises:
        UserError: If the options cannot be fulfilled.
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
    """Create and lock the output folder, and protect the checkpoints in it.

    Args:
        work_dir (str | os.PathLike): The output folder.
        resume (bool): Whether to resume from its checkpoints. Defaults to False.
        restart (bool): Whether to move its checkpoints to a subfolder. Defaults to
            False.

    Raises:
        UserError: If another process uses the folder, or it has checkpoints and neither
            option is set.
    """
    if resume and restart:
        raise UserError(
            '--resume continues a run and --restart starts again: use one of them.'
        )
    lock_work_dir(work_dir)
    if restart:
        aside = set_checkpoints_aside(work_dir)
        if aside is not None:
            print(f'The earlier checkpoints were moved to {aside}.')
    elif not resume:
        require_unused(work_dir)


def _finish(record: RunRecord) -> None:
    """Write the last logged values into the record of a run.

    Training has ended: a missing or damaged log, or a full disk, is no error.
    """
    try:
        record.finish()
    except (OSError, UserError) as error:
        print(f'The record has no results, so no table can show this run: {error}')


def _enable_auto_scale_lr(cfg: Config) -> None:
    if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
        raise UserError(
            '--auto-scale-lr needs to know which batch size the learning rate is for: '
            'set auto_scale_lr=dict(base_batch_size=256) in the config.'
        )
    cfg.auto_scale_lr.enable = True


def _choose_checkpoint(cfg: Config, resume: str | None) -> None:
    """Set the checkpoint to resume from; print it if it was found automatically."""
    if resume is None:
        return
    cfg.resume = False
    if resume == 'auto':
        found = newest_whole_checkpoint(cfg.work_dir)
        if is_main_process():
            for clause in found.broken:
                print(f'Skipped: {clause}')
        if found.checkpoint is None:
            if found.broken:
                raise UserError(
                    f'none of the {len(found.broken)} checkpoints in '
                    f'{str(cfg.work_dir)!r} is intact ({found.broken[0]}): restore one '
                    'from a copy, or start again with --restart.'
                )
            if is_main_process():
                print(f'There is no checkpoint in {cfg.work_dir}: starting a new run.')
            return
        resume = str(found.checkpoint)
        if is_main_process():
            print(f'Resuming from {resume}.')
    elif '://' not in resume:
        require_resumable(resume)
    if '://' not in resume:
        require_same_schedule(cfg, resume)
    cfg.resume, cfg.load_from = True, resume
