"""Where a benchmark's data set is."""

import os
from typing import Any

from mmengine.config import Config

DATA_FOLDER = 'data'  # what the configs call it


def set_data_root(cfg: Config, data_root: str | os.PathLike) -> None:
    """Let a benchmark read its data set from another folder than ``data``.

    Args:
        cfg (Config): Config of a benchmark; every path in it that begins with
            ``data/`` is changed.
        data_root (str | os.PathLike): The folder that holds ``VOCdevkit``, ``coco``,
            ``cityscapes`` and ``ade``, or those of them that are needed.

    Examples:
        >>> cfg = Config(dict(val_evaluator=dict(ann_file='data/coco/val.json')))
        >>> set_data_root(cfg, '/disk')
        >>> cfg.val_evaluator.ann_file
        '/disk/coco/val.json'
    """
    before = data_root_of(cfg)
    after = os.path.expanduser(data_root)
    for name, part in cfg.to_dict().items():
        placed = _placed(part, before, after)
        if placed != part:
            cfg[name] = placed
    cfg.data_folder = after


def data_root_of(cfg: Config) -> str:
    """Say which folder the paths of a benchmark's config begin with."""
    return cfg.get('data_folder', DATA_FOLDER)


def _placed(part: Any, before: str, after: str) -> Any:
    if isinstance(part, dict):
        return {key: _placed(value, before, after) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_placed(value, before, after) for value in part)
    if isinstance(part, str) and part.startswith(before + '/'):
        return os.path.join(after, part[len(before) + 1 :])
    return part
