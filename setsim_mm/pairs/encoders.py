"""Encoders from pre-training configs and their checkpoints."""

import os

import torch
from mmengine.config import Config

from setsim_mm.evaluation import load_pretrained
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
        Encoder: The backbone, with the loader and the normalisation of the config.

    Raises:
        UserError: See :func:`~setsim_mm.evaluation.load_pretrained`.
    """
    backbone, inputs = load_pretrained(cfg, checkpoint, device)
    settings = dict(
        backbone=cfg.model.backbone.to_dict(),
        normalization=inputs.normalization,
        loader=repr(inputs.load),
        weights_sha256=file_sha256(checkpoint),
    )
    return Encoder(backbone, inputs, settings, inputs.load)
