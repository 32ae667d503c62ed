"""Some steps of a training run, profiled: what tools/train.py --profile does."""

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
    """Train as a config says for some steps, trace them, and stop.

    Nothing is trained for keeps: no checkpoint is written, and logs and trace go to the
    subfolder ``profile`` of the output folder, where no training looks for its own.

    Args:
        cfg (Config): From :func:`~setsim_mm.utils.load_training_config`.
        steps (int): How many steps to trace, after a few to warm up.
        resume (str, optional): As for
            :func:`~setsim_mm.engine.training.train`. Defaults to None.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        auto_scale_lr (bool): Whether to scale the learning rate with the batch size.
            Defaults to False.
        from_weights (str | os.PathLike, optional): As for
            :func:`~setsim_mm.engine.training.train`. Defaults to None.

    Returns:
        ProfileHook: With the trace and its summary in the main process, and without in
        the others.

    Raises:
        UserError: If something cannot be done that was asked for.
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
