"""Load the config of a training and apply the options of the command line."""

import os
from pathlib import Path

from mmengine.config import Config

from .command_line import require_config
from .config_keys import require_read_keys, require_read_options
from .config_merge import FOR_MODEL_TYPE, merge_config
from .errors import UserError


def load_training_config(
    path: str, options: dict | None = None, merge: str | None = None
) -> Config:
    """Load a training config.

    Args:
        path (str): The config file.
        options (dict, optional): Overrides, such as ``{'model.symmetric': False}``.
            Defaults to None.
        merge (str, optional): A config file that is merged into the first one before
            the options; see :func:`~setsim_mm.utils.config_merge.merge_config`.
            Defaults to None.

    Returns:
        Config: The config. ``launcher`` and ``work_dir`` have default values if the
        file does not set them.

    Raises:
        UserError: If the config cannot be read, describes no training or sets a key
            that nothing reads.
    """
    cfg = read_config(path)
    require_read_keys(cfg)
    if merge is not None:
        other = read_config(merge)
        require_read_keys(other, [FOR_MODEL_TYPE])
        try:
            merge_config(cfg, other)
        except (KeyError, TypeError, IndexError) as error:
            raise UserError(
                f'the config {merge!r} cannot be merged into {path!r} ({error}).'
            ) from error
    try:
        cfg.merge_from_dict(options or {})
    except (KeyError, TypeError, IndexError) as error:
        raise UserError(
            f'--cfg-options do not fit the config {path!r} ({error}).'
        ) from error
    require_read_options(options or {}, cfg)
    for part in ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper'):
        if cfg.get(part) is None:
            raise UserError(
                f'the config {path!r} describes no training (it has no `{part}`): '
                'choose one of configs/selfsup or configs/benchmarks.'
            )
    if cfg.train_dataloader.get('num_workers') == 0:
        # PyTorch raises an error for persistent workers if there are none.
        cfg.train_dataloader.persistent_workers = False
    cfg.setdefault('launcher', 'none')
    if cfg.get('work_dir') is None:
        cfg.work_dir = os.path.join('work_dirs', Path(path).stem)
    return cfg


def read_config(path: str) -> Config:
    """Load any config file.

    Args:
        path (str): The file.

    Returns:
        Config: The config.

    Raises:
        UserError: If it is missing or cannot be read.
    """
    require_config(path)
    try:
        return Config.fromfile(path)
    except ImportError as error:
        raise UserError(
            f'an import of the config {path!r} fails ({_root(error)}): install the '
            'package, or add its folder to PYTHONPATH.'
        ) from error
    except (OSError, SyntaxError) as error:
        raise UserError(f'the config {path!r} cannot be read ({error}).') from error


def _root(error: BaseException) -> BaseException:
    """Return the first error of a chain; mmengine's last one has no cause in it."""
    while error.__context__ is not None:
        error = error.__context__
    return error
