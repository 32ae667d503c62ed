"""The folder of a benchmark's data sets."""

import os
from typing import Any

from mmengine.config import Config

DATA_ROOT = 'data'  # in the configs
# Not `data_root`: MMDetection's base configs use that name for one data set.
KEY = 'data_folder'


def set_data_root(cfg: Config, data_root: str | os.PathLike) -> None:
    """Replace the folder ``data`` in the paths of a benchmark's config.

    Args:
        cfg (Config): Config of a benchmark; every path in it that begins with
            ``data/`` is changed.
        data_root (str | os.PathLike): The folder that holds ``VOCdevkit``, ``coco``,
            ``cityscapes`` and ``ade``. Only those that the benchmark reads are needed.

    Examples:
        >>> cfg = Config(dict(val_evaluator=dict(ann_file='data/coco/val.json')))
        >>> set_data_root(cfg, '/disk')
        >>> cfg.val_evaluator.ann_file
        '/disk/coco/val.json'
    """
    before = data_root_of(cfg)
    after = os.path.expanduser(data_root)
    for name, part in cfg.to_dict().items():
        replaced = _replace_root(part, before, after)
        if replaced != part:
            cfg[name] = replaced
    cfg[KEY] = after


def data_root_of(cfg: Config) -> str:
    """Return the folder that the paths of a benchmark's config begin with."""
    return cfg.get(KEY, DATA_ROOT)


def _replace_root(part: Any, before: str, after: str) -> Any:
    if isinstance(part, dict):
        return {name: _replace_root(v, before, after) for name, v in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_replace_root(value, before, after) for value in part)
    if isinstance(part, str) and part.startswith(before + '/'):
        return os.path.join(after, part[len(before) + 1 :])
    return part
