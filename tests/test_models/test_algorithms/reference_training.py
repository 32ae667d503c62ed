"""Shared parts of the training references: plain torch, in float64.

Written from the equations of the paper (arXiv:2107.08712). Nothing of the package is
called; positions are matched by the loops of tests/references.py.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tests.references import (
    as_mask,
    corresponding_sets,
    geometric_pairs,
    with_nearest_neighbors,
)

# ImageNet's mean and standard deviation of red, green and blue.
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class Setting:
    """The numbers of a training; by default those of the authors' run."""

    threshold: float = 0.7  # delta, Eq. 5
    power: int = 2  # the mean of z² instead of Eq. 3
    min_similarity: float | None = 0.2
    radius: float = 0.5
    nearest_neighbor: bool = True  # Eq. 7
    directions: tuple[tuple[int, int], ...] = ((0, 1), (1, 0))  # (query, key) each
    loss_lambda: float = 0.5  # Eq. 9
    temperature: float = 0.2
    encoder_momentum: float = 0.999
    learning_rate: float = 0.03
    momentum: float = 0.9
    weight_decay: float = 1e-4
    epochs: int = 4


@dataclass
class Batch:
    """Two views of each image, and their boxes.

    Args:
        views: uint8, (N, 3, height, width) each.
        boxes: (N, 2, 4), a box for each view: (x1, y1, x2, y2) from 0 to 1.
    """

    views: list[Tensor]
    boxes: Tensor


class ReferenceTraining:
    """Training step by step. Subclasses define the networks and the losses.

    Args:
        setting: The numbers.
        networks: What is trained, in float64.
    """

    def __init__(self, setting: Setting, networks: nn.Module) -> None:
        self.setting = setting
        self.networks = networks.double().train()
        self.velocities = {
            name: torch.zeros_like(weight)
            for name, weight in self.networks.named_parameters()
        }

    def losses(self, views: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        """Return loss_image and loss_set, weighted as in Eq. 9."""
        raise NotImplementedError

    def state(self) -> dict[str, Tensor]:
        """Return weights, statistics and queues, named as in a checkpoint."""
        return self.networks.state_dict()

    def step(self, batch: Batch, epoch: int) -> dict[str, Tensor]:
        """Train on a batch; return the losses before and the state after."""
        views = [self.normalized(view) for view in batch.views]
        losses = self.losses(views, batch)
        weights = dict(self.networks.named_parameters())
        gradients = torch.autograd.grad(sum(losses.values()), list(weights.values()))
        with torch.no_grad():
            for (name, weight), gradient in zip(
                weights.items(), gradients, strict=True
            ):
                self.descend(name, weight, gradient, epoch)
        return {
            name: value.detach().clone()
            for name, value in {**losses, **self.state()}.items()
        }

    @staticmethod
    def normalized(view: Tensor) -> Tensor:
        """Subtract the mean and divide by the standard deviation of each colour."""
        mean, std = (torch.tensor(x).double().view(3, 1, 1) for x in (MEAN, STD))
        return (view.double() - mean) / std

    def descend(self, name: str, weight: Tensor, gradient: Tensor, epoch: int) -> None:
        """Change a weight in place: SGD with momentum and weight decay."""
        velocity = self.velocities[name]
        velocity *= self.setting.momentum
        velocity += gradient + self.setting.weight_decay * weight
        weight -= self.learning_rate(name, epoch) * velocity

    def learning_rate(self, name: str, epoch: int) -> float:
        """Return the rate of a weight: half a cosine over all epochs."""
        passed = epoch / self.setting.epochs
        return self.setting.learning_rate * (1 + math.cos(math.pi * passed)) / 2

    def positives(
        self, z_q: Tensor, z_k: Tensor, box_q: Tensor, box_k: Tensor
    ) -> Tensor:
        """Return the correspondence of one image, bool, (HWq, HWk).

        Args:
            z_q: Features of the query view, (C, Hq, Wq).
            z_k: Features of the key view, (C, Hk, Wk).
            box_q: Box of the query view, (4,).
            box_k: Box of the key view, (4,).
        """
        setting = self.setting
        z_q, z_k = z_q.detach(), z_k.detach()
        grid_q, grid_k = tuple(z_q.shape[1:]), tuple(z_k.shape[1:])
        pairs = corresponding_sets(
            z_q, z_k, setting.threshold, setting.power, setting.min_similarity
        )
        pairs |= geometric_pairs(
            box_q.tolist(), grid_q, box_k.tolist(), grid_k, setting.radius
        )
        if setting.nearest_neighbor:
            pairs = with_nearest_neighbors(pairs, z_q, z_k)
        return as_mask(pairs, math.prod(grid_q), math.prod(grid_k))

    def correspondence(
        self, z: tuple[Tensor, Tensor], batch: Batch, q: int, k: int
    ) -> Tensor:
        """Return the correspondence of a batch, (N, HWq, HWk).

        Args:
            z: Features of the query and of the key view, (N, C, H, W) each.
            batch: Its boxes are read.
            q: Which view is the query.
            k: Which view is the key.
        """
        boxes = batch.boxes[:, q], batch.boxes[:, k]
        return torch.stack(
            [self.positives(*image) for image in zip(*z, *boxes, strict=True)]
        )
