"""Profile some steps of a training run: the function of tools/train.py --profile."""

import os

import torch.distributed as dist
from mmengine.config import Config

from setsim_mm.engine.hooks import StartingWeightsHook
from setsim_mm.engine.runner import DurableRunner
from setsim_mm.engine.starting_weights import starting_weights
from setsim_mm.engine.training import prepare_training
from setsim_mm.utils.interrupts import sentence_for_interrupts
from setsim_mm.utils.work_dir import require_writable

from .hook import ProfileHook, StepsProfiled


def profile(
    cfg: Config,
    steps: int,
    resume: str | None = None,
    amp: bool = False,
    auto_scale_lr: bool = False,
    from_weights: str | os.PathLike | None = None,
) -> ProfileHook:
    """Train for some steps, trace them, and stop.

    No checkpoint is written. Logs and trace are written to the subfolder ``profile`` of
    the output folder, where no other run searches for its files.

    Args:
        cfg (Config): From :func:`~setsim_mm.utils.load_training_config`.
        steps (int): Number of steps to trace, after the warm-up.
        resume (str, optional): See :func:`~setsim_mm.engine.training.train`.
        amp (bool): See :func:`~setsim_mm.engine.training.train`.
        auto_scale_lr (bool): See :func:`~setsim_mm.engine.training.train`.
        from_weights (str | os.PathLike, optional): See
            :func:`~setsim_mm.engine.training.train`.

    Returns:
        ProfileHook: With trace and summary in the main process only.

    Raises:
        UserError: If the options cannot be fulfilled.
    """
    hook = ProfileHook(steps)
    prepare_training(cfg, resume, amp, auto_scale_lr)
    start = starting_weights(cfg, from_weights)
    cfg.work_dir = os.path.join(cfg.work_dir, 'profile')
    require_writable(cfg.work_dir)
    cfg.default_hooks = dict(cfg.get('default_hooks') or {}, checkpoint=None)
    interrupted = 'Interrupted before the trace was written: run the command again.'
    with sentence_for_interrupts(lambda: interrupted):
        runner = DurableRunner.from_cfg(cfg)
        runner.register_hook(hook)
        if start is not None:
            runner.register_hook(StartingWeightsHook(start))
        try:
            runner.train()
        except StepsProfiled:
            pass
    if dist.is_initialized():
        dist.destroy_process_group()
    return hook
