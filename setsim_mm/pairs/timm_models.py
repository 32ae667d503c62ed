"""Encoders from timm, with weights from a file."""

import os
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from setsim_mm.utils.errors import UserError
from setsim_mm.utils.file_digest import file_sha256

from .encoding import Encoder


class PooledTimmModel(nn.Module):
    """A model of timm that returns its pooled features as a map of one position.

    Args:
        model (nn.Module): The model.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Return the features before the classifier, (N, C, 1, 1)."""
        features = self.model.forward_features(images)
        pooled = self.model.forward_head(features, pre_logits=True)  # N, C
        return pooled[:, :, None, None]


def load_timm_encoder(
    name: str, weights: str | os.PathLike, device: torch.device | str = 'cpu'
) -> Encoder:
    """Build a model of timm with weights from a file; nothing is downloaded.

    Args:
        name (str): Name of the model in timm.
        weights (str | os.PathLike): Weights of the whole model, as timm saves them:
            ``.safetensors``, or a PyTorch file, of which only tensors are read.
        device (torch.device | str): Device of the model. Defaults to ``'cpu'``.

    Returns:
        Encoder: The model, with timm's normalisation for it.

    Raises:
        UserError: If timm is not installed, has no such model, or the weights are
            missing or do not fit.
    """
    if find_spec('timm') is None:
        raise UserError(
            '--timm needs timm, which is not installed: install it with '
            '`pip install timm`, or give a config and a checkpoint of this project.'
        )
    import timm
    from timm.data import resolve_model_data_config

    if not timm.is_model(name):
        raise UserError(
            f'timm has no model {name!r}: choose one of timm.list_models().'
        )
    if not os.path.isfile(weights):
        raise UserError(
            f'there is no file of weights {os.fspath(weights)!r} for {name}: download '
            'it first.'
        )
    model = timm.create_model(name, pretrained=False)
    try:
        timm.models.load_checkpoint(model, os.fspath(weights), weights_only=True)
    except (RuntimeError, KeyError) as error:
        raise UserError(
            f"the weights in {os.fspath(weights)!r} do not fit timm's {name} "
            f'({" ".join(str(error).split())[:200]}): give those of this model.'
        ) from error
    model = PooledTimmModel(model.eval().requires_grad_(False)).to(device)
    data = resolve_model_data_config(model.model)
    mean, std = (
        torch.tensor(data[key], device=device).view(3, 1, 1) * 255
        for key in ('mean', 'std')
    )

    def preprocess(images: Tensor) -> Tensor:
        return (images.to(device, torch.float32) - mean) / std

    settings = dict(timm=name, weights_sha256=file_sha256(weights))
    return Encoder(model, preprocess, settings)
