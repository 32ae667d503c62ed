"""A made-up checkpoint with the names of the authors' program."""

from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn


def authors_encoder(arch: str, dim: int = 128) -> nn.ModuleList:
    """Item 0: a ResNet whose fc is the image projector. Item 1: the set projector."""
    resnet = torchvision.models.get_model(arch)
    width = resnet.fc.in_features
    resnet.fc = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, dim))
    for module in resnet.modules():
        if isinstance(module, nn.BatchNorm2d):  # as if it had been trained
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.num_batches_tracked += 7
            nn.init.uniform_(module.weight, 0.5, 1.5)
    set_projector = nn.Sequential(
        nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, dim, 1)
    )
    return nn.ModuleList([resnet, set_projector])


def write_authors_checkpoint(
    path: Path, arch: str = 'resnet18'
) -> tuple[dict[str, Tensor], nn.ModuleDict]:
    """Save two encoders as their program does; give the weights and the encoders."""
    encoders = nn.ModuleDict(
        {name: authors_encoder(arch) for name in ('encoder_q', 'encoder_k')}
    )
    weights = {f'module.{name}': v for name, v in encoders.state_dict().items()}
    optimizer = torch.optim.SGD(encoders.parameters(), lr=0.1)
    torch.save(
        dict(
            epoch=200, arch=arch, state_dict=weights, optimizer=optimizer.state_dict()
        ),
        path,
    )
    return weights, encoders
