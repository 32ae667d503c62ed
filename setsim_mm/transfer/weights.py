"""Load the weights that a benchmark takes from a pre-training checkpoint."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

from setsim_mm.utils.foreign_weights import find_backbone

# Instead of a checkpoint: "Random init." in the paper's tables.
RANDOM = 'random'
EXTRA_NORM = 'norm.'


def transferred_weights(cfg: Config, path: str | os.PathLike) -> dict[str, Tensor]:
    """Load the weights that a benchmark takes from a checkpoint.

    Args:
        cfg (Config): Config of the benchmark.
        path (str | os.PathLike): A pre-training checkpoint, extracted weights, or a
            checkpoint of another project; see
            :func:`~setsim_mm.utils.foreign_weights.find_backbone`. Its heads and
            momentum encoders are left out.

    Returns:
        dict[str, Tensor]: Weights by their names in the backbone. For a C4 detector,
        they include the fourth stage, which is its shared head.

    Raises:
        UserError: If the file is not a checkpoint or does not fit the backbone.
    """
    wanted = wanted_weights(build_transferred_parts(cfg))
    return find_backbone(path, wanted).weights


def build_transferred_parts(cfg: Config) -> dict[str, nn.Module]:
    """Build the parts of the model that take weights from a checkpoint.

    Args:
        cfg (Config): Config of a benchmark.

    Returns:
        dict[str, nn.Module]: ``backbone`` and, for a C4 detector, ``shared_head``, on
        PyTorch's meta device, without weights.
    """
    with DefaultScope.overwrite_default_scope(cfg.default_scope), torch.device('meta'):
        return {
            name: MODELS.build(dict(part, init_cfg=None))
            for name, part in transferred_configs(cfg).items()
        }


def transferred_configs(cfg: Config) -> dict[str, dict]:
    """Return the configs of the parts that take weights from a checkpoint.

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
    """Return the part of the state dicts that comes from a checkpoint.

    Args:
        parts (Mapping[str, nn.Module]): ``backbone`` and perhaps ``shared_head``, whose
            extra BatchNorm is not in a checkpoint.

    Returns:
        dict[str, Tensor]: Weights by their names in the backbone.
    """
    return {
        name: value
        for part, module in parts.items()
        for name, value in module.state_dict().items()
        if part == 'backbone' or not name.startswith(EXTRA_NORM)
    }


def weights_file(work_dir: str | os.PathLike) -> Path:
    """Return the file in which a fine-tuning run saves the weights that it loads."""
    return Path(work_dir, 'backbone.pth')
