"""From a config file to a trained checkpoint: what tools/train.py does."""

import os
from pathlib import Path

import torch.distributed as dist
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from .allocator import keep_freed_memory
from .distributed import join_processes_without_gpu
from .errors import UserError
from .interrupts import how_to_resume, sentence_for_interrupts
from .mixed_precision import use_mixed_precision
from .overlay import lay_over
from .work_dir import last_checkpoint, require_writable


def load_training_config(
    path: str, options: dict | None = None, merge: str | None = None
) -> Config:
    """Read a training config.

    Args:
        path (str): The config file.
        options (dict, optional): Overrides, such as ``{'model.symmetric': False}``.
            Defaults to None.
        merge (str, optional): A config file that is laid over the first, beneath the
            options; see :func:`~setsim_mm.utils.overlay.lay_over`. Defaults to None.

    Returns:
        Config: With ``launcher`` and ``work_dir`` set if the file does not say.

    Raises:
        UserError: If the config cannot be read or describes no training.
    """
    cfg = _read_config(path)
    if merge is not None:
        overlay = _read_config(merge)
        try:
            lay_over(cfg, overlay)
        except (KeyError, TypeError, IndexError) as error:
            raise UserError(
                f'the config {merge!r} cannot be laid over {path!r} ({error}).'
            ) from error
    try:
        cfg.merge_from_dict(options or {})
    except (KeyError, TypeError, IndexError) as error:
        raise UserError(
            f'--cfg-options do not fit the config {path!r} ({error}).'
        ) from error
    for part in ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper'):
        if cfg.get(part) is None:
            raise UserError(
                f'the config {path!r} describes no training, for it has no `{part}`: '
                'choose one of configs/selfsup or configs/benchmarks.'
            )
    if cfg.train_dataloader.get('num_workers') == 0:
        # There are none to persist, and PyTorch refuses to be asked for it.
        cfg.train_dataloader.persistent_workers = False
    cfg.setdefault('launcher', 'none')
    if cfg.get('work_dir') is None:
        cfg.work_dir = os.path.join('work_dirs', Path(path).stem)
    return cfg


def _read_config(path: str) -> Config:
    if not Path(path).is_file():
        raise UserError(
            f'there is no config {path!r}: choose one of configs/selfsup or '
            'configs/benchmarks.'
        )
    try:
        return Config.fromfile(path)
    except ImportError as error:
        raise UserError(
            f'the config {path!r} imports what cannot be imported ({_root(error)}): '
            'install it, or name its folder in PYTHONPATH.'
        ) from error
    except (OSError, SyntaxError) as error:
        raise UserError(f'the config {path!r} cannot be read ({error}).') from error


def train(
    cfg: Config,
    resume: str | None = None,
    amp: bool = False,
    auto_scale_lr: bool = False,
) -> Path | None:
    """Train as a config says, on whatever devices there are.

    Args:
        cfg (Config): From :func:`load_training_config`.
        resume (str, optional): A checkpoint to go on from, or ``'auto'`` for the last
            one in the output folder, if any. Defaults to None.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        auto_scale_lr (bool): Whether to scale the learning rate with the batch size.
            Defaults to False.

    Returns:
        Path | None: The last checkpoint; None in all processes but the main one.

    Raises:
        UserError: If something cannot be done that was asked for.
    """
    prepare_training(cfg, resume, amp, auto_scale_lr)
    with sentence_for_interrupts(lambda: how_to_resume(cfg.work_dir)):
        Runner.from_cfg(cfg).train()
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
    require_writable(cfg.work_dir)
    _choose_checkpoint(cfg, resume)


def _root(error: BaseException) -> BaseException:
    """The error that led to this one; mmengine says only which import failed."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _enable_auto_scale_lr(cfg: Config) -> None:
    if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
        raise UserError(
            '--auto-scale-lr needs to know which batch size the learning rate belongs '
            'to: set auto_scale_lr=dict(base_batch_size=256) in the config.'
        )
    cfg.auto_scale_lr.enable = True


def _choose_checkpoint(cfg: Config, resume: str | None) -> None:
    """Set what the run starts from, and say so where that is not certain."""
    if resume is None:
        return
    cfg.resume = False
    if resume == 'auto':
        found = last_checkpoint(cfg.work_dir)
        if is_main_process():
            print(
                f'Resuming from {found}.'
                if found
                else f'There is no checkpoint in {cfg.work_dir} yet: starting anew.'
            )
        if found is None:
            return
        resume = str(found)
    elif '://' not in resume and not os.path.isfile(os.path.expanduser(resume)):
        raise UserError(
            f'there is no checkpoint {resume!r} to resume from: give the path of one, '
            'or --resume alone for the last one in the output folder.'
        )
    cfg.resume, cfg.load_from = True, resume
