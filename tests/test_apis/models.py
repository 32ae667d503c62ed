"""A tiny SetSim and its checkpoints."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from setsim_mm.registry import MODELS

from ..test_tools.training_helpers import REPO

VIEW = [
    dict(type='RandomResizedCropWithBox', size=64, scale=(0.4, 1.0)),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]


def tiny_config(**model: Any) -> Config:
    """A ResNet-18 of 4 channels at stride 16."""
    cfg = Config.fromfile(REPO / 'configs/selfsup/setsim_r50_200e_folder.py')
    cfg.model.update(queue_len=8, feat_dim=8)
    cfg.model.backbone.update(
        depth=18, stem_channels=4, base_channels=4, strides=(1, 2, 2, 1)
    )
    cfg.model.neck.update(in_channels=32, hid_channels=8, out_channels=8)
    cfg.model.update(model)
    cfg.train_dataloader.dataset.pipeline[1].transforms = [VIEW]
    return cfg


def save_checkpoint(path: Path, cfg: Config, seed: int = 7) -> dict[str, torch.Tensor]:
    """Write random weights of a config's model and return them."""
    torch.manual_seed(seed)
    weights = MODELS.build(cfg.model).state_dict()
    torch.save(dict(state_dict=weights), path)
    return weights
