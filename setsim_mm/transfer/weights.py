"""Load the weights that a benchmark takes from a pre-training checkpoint."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

from setsim_mm.utils.foreign_weights import find_backbone

# In the place of a checkpoint: the tables' "Random init."
RANDOM = 'random'
EXTRA_NORM = 'norm.'


def transferred_weights(cfg: Config, path: str | os.PathLike) -> dict[str, Tensor]:
    """Read what a benchmark takes over from a checkpoint.

    Args:
        cfg (Config): Config of the benchmark.
        path (str | os.PathLike): A pre-training checkpoint as it stands, extracted
            weights, or a checkpoint of another project; see
            :func:`~setsim_mm.utils.foreign_weights.find_backbone`. Heads and momentum
            encoders in it are left out.

    Returns:
        dict[str, Tensor]: By their names in the backbone, the fourth stage of a C4
        detector, which is its head, included.

    Raises:
        UserError: If the file is no checkpoint or does not fit the backbone.
    """
    wanted = wanted_weights(build_transferred_parts(cfg))
    return find_backbone(path, wanted).weights


def build_transferred_parts(cfg: Config) -> dict[str, nn.Module]:
    """Build without weights what takes over weights.

    Args:
        cfg (Config): Config of a benchmark.

    Returns:
        dict[str, nn.Module]: ``backbone`` and, of a C4 detector, ``shared_head``, on
        PyTorch's meta device.
    """
    with DefaultScope.overwrite_default_scope(cfg.default_scope), torch.device('meta'):
        return {
            name: MODELS.build(dict(part, init_cfg=None))
            for name, part in transferred_configs(cfg).items()
        }


def transferred_configs(cfg: Config) -> dict[str, dict]:
    """Find in a config the parts of the model that take over weights.

    Args:
        cfg (Config): Config of a benchmark.

    Returns:
        dict[str, dict]: See :func:`build_transferred_parts`.
    """
    parts = dict(backbone=cfg.model.backbone)
    shared_head = cfg.model.get('roi_head', {}).get('shared_head')
    if shared_head is not None:
        parts['shared_head'] = shared_head
    return parts


def wanted_weights(parts: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """Give the state of the parts that comes from a checkpoint.

    Args:
        parts (Mapping[str, nn.Module]): ``backbone`` and perhaps ``shared_head``, whose
            extra BatchNorm is new.

    Returns:
        dict[str, Tensor]: By names in the backbone.
    """
    return {
        name: value
        for part, module in parts.items()
        for name, value in module.state_dict().items()
        if part == 'backbone' or not name.startswith(EXTRA_NORM)
    }


def weights_file(work_dir: str | os.PathLike) -> Path:
    """Say where a fine-tuning run keeps what it takes over, tensors only."""
    return Path(work_dir, 'backbone.pth')
