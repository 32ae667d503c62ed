"""Read the config of a training, with what the command line adds to it."""

import os
from pathlib import Path

from mmengine.config import Config

from .config_merge import merge_config
from .errors import UserError


def load_training_config(
    path: str, options: dict | None = None, merge: str | None = None
) -> Config:
    """Read a training config.

    Args:
        path (str): The config file.
        options (dict, optional): Overrides, such as ``{'model.symmetric': False}``.
            Defaults to None.
        merge (str, optional): A config file that is merged into the first, before the
            options; see :func:`~setsim_mm.utils.config_merge.merge_config`. Defaults
            to None.

    Returns:
        Config: With ``launcher`` and ``work_dir`` set if the file does not say.

    Raises:
        UserError: If the config cannot be read or describes no training.
    """
    cfg = _read_config(path)
    if merge is not None:
        overlay = _read_config(merge)
        try:
            merge_config(cfg, overlay)
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


def _root(error: BaseException) -> BaseException:
    """The error that led to this one; mmengine says only which import failed."""
    while error.__context__ is not None:
        error = error.__context__
    return error
