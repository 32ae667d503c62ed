"""Encoders from pre-training configs and their checkpoints."""

import os

import torch
from mmengine.config import Config

from setsim_mm.evaluation import build_data_preprocessor, load_backbone, rgb_preprocess
from setsim_mm.evaluation.frozen_backbone import rgb_normalization
from setsim_mm.utils.file_digest import file_sha256

from .encoding import Encoder


def load_encoder(
    cfg: Config, checkpoint: str | os.PathLike, device: torch.device | str = 'cpu'
) -> Encoder:
    """Load the backbone of a pre-training run, or of another project.

    Args:
        cfg (Config): The config of the pre-training.
        checkpoint (str | os.PathLike): See
            :func:`~setsim_mm.evaluation.load_backbone`.
        device (torch.device | str): Device of the backbone. Defaults to ``'cpu'``.

    Returns:
        Encoder: The backbone, with the normalisation of the config.

    Raises:
        UserError: If the checkpoint is missing or does not fit.
    """
    backbone = load_backbone(cfg.model.backbone, checkpoint).to(device)
    preprocessor = build_data_preprocessor(cfg)
    settings = dict(
        backbone=cfg.model.backbone.to_dict(),
        normalization=rgb_normalization(preprocessor),
        weights_sha256=file_sha256(checkpoint),
    )
    return Encoder(backbone, rgb_preprocess(preprocessor, device), settings)
