"""Checkpoints of a ResNet with random weights."""

from functools import cache
from pathlib import Path

import torch
import torchvision
from torch import Tensor


@cache
def resnet_weights(depth: int = 50) -> dict[str, Tensor]:
    """Return weights of torchvision's ResNet. All layers differ."""
    with torch.random.fork_rng():
        torch.manual_seed(depth)
        weights = torchvision.models.get_model(f'resnet{depth}').state_dict()
        return {
            name: torch.rand_like(value) * 0.1 + 0.5 if value.dim() == 1 else value
            for name, value in weights.items()
        }


def backbone_of(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights without the classifier."""
    return {name: w for name, w in weights.items() if not name.startswith('fc.')}


def write(
    path: Path, weights: dict[str, Tensor], key: str | None = 'state_dict'
) -> Path:
    """Save weights like a training program."""
    torch.save({key: weights, 'epoch': 200} if key else weights, path)
    return path
