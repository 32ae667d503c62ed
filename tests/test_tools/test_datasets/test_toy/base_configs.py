"""Data sets of the base configs of MMDetection and MMSegmentation."""

from pathlib import Path
from typing import Any

import mmdet.datasets
import mmdet.registry
import mmseg.datasets
import mmseg.registry
from mmengine.config import Config
from mmengine.registry import DefaultScope

REGISTRIES = {
    'mmdet': mmdet.registry.DATASETS,
    'mmseg': mmseg.registry.DATASETS,
}


def base_config(name: str, data_root: Path, folder: Path) -> Config:
    """Load a base config, such as ``mmseg::_base_/...``, with another data root."""
    path = folder / 'config.py'
    path.write_text(f'_base_ = {name!r}\n')
    return Config(_below(Config.fromfile(path).to_dict(), f'{data_root}/'))


def build(package: str, dataset: dict) -> Any:
    """Build a data set and its transforms in the package's scope."""
    with DefaultScope.overwrite_default_scope(package):
        return REGISTRIES[package].build(dataset)


def _below(part: Any, data_root: str) -> Any:
    """Replace ``data/`` at the beginning of all paths by the data root."""
    if isinstance(part, dict):
        return {key: _below(value, data_root) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_below(value, data_root) for value in part)
    if isinstance(part, str) and part.startswith('data/'):
        return data_root + part.removeprefix('data/')
    return part
