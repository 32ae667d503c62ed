"""The training of SetSim on MoCo-v2 in plain torch."""

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.references import info_nce, set_loss

from .reference_training import Batch, ReferenceTraining, Setting


class Encoded(NamedTuple):
    """A view: z (N, C, H, W), and on both levels p, L2-normalised."""

    z: Tensor
    image: Tensor  # N, D
    dense: Tensor  # N, D, H, W
    pooled: Tensor  # N, D: the dense p averaged over positions, then normalised


class Encoder(nn.Module):
    """f, g_img and g_set (section 3.2), with the names of a checkpoint."""

    def __init__(self, backbone: nn.Module, channels: int, hidden: int, dim: int):
        super().__init__()
        self.backbone = backbone
        self.neck = nn.ModuleDict(
            {
                'image_projector': nn.Sequential(
                    nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, dim)
                ),
                'set_projector': nn.Sequential(
                    nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, dim, 1)
                ),
            }
        )

    def forward(self, images: Tensor) -> Encoded:
        z = self.backbone(images)[-1]
        image = self.neck['image_projector'](z.mean((2, 3)))
        dense = self.neck['set_projector'](z)
        return Encoded(
            z,
            F.normalize(image, dim=1),
            F.normalize(dense, dim=1),
            self.pooled(dense),
        )

    @staticmethod
    def pooled(dense: Tensor) -> Tensor:
        return F.normalize(dense.mean((2, 3)), dim=1)


class ReferenceSetSim(ReferenceTraining):
    """Eq. 1 to 9 with MoCo's momentum encoder and queues (arXiv:1911.05722).

    Args:
        setting: The numbers.
        encoder: The query encoder; the key encoder starts as a copy of it.
        image_queue: Negatives of the image level, (D, K).
        set_queue: Negatives of the set level, (D, K).
    """

    def __init__(
        self, setting: Setting, encoder: Encoder, image_queue: Tensor, set_queue: Tensor
    ) -> None:
        super().__init__(setting, encoder)
        self.key_encoder = deepcopy(self.networks)
        self.image_queue = image_queue.double()
        self.set_queue = set_queue.double()
        self.enqueued = 0  # keys so far, in either queue

    def state(self) -> dict[str, Tensor]:
        keys = self.key_encoder.state_dict()
        place = torch.tensor(self.enqueued % self.image_queue.shape[1])
        return {
            **super().state(),
            **{f'momentum_encoder.{name}': value for name, value in keys.items()},
            'image_queue.features': self.image_queue,
            'image_queue.pointer': place,
            'set_queue.features': self.set_queue,
            'set_queue.pointer': place,
        }

    def losses(self, views: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        directions = self.setting.directions
        queries = {q: self.query(views[q]) for q, _ in directions}
        keys = self.keys(views)
        image_losses, set_losses = [], []
        for q, k in directions:
            query, key = queries[q], keys[k]
            positives = self.correspondence((query.z, key.z), batch, q, k)
            tau = self.setting.temperature
            image_losses.append(info_nce(query.image, key.image, self.image_queue, tau))
            set_losses.append(
                set_loss(query.dense, key.dense, positives, self.set_queue, tau)
            )
        self.enqueue(keys)
        weight = self.setting.loss_lambda
        return {
            'loss_image': (1 - weight) * sum(image_losses) / len(directions),
            'loss_set': weight * sum(set_losses) / len(directions),
        }

    def query(self, view: Tensor) -> Encoded:
        """Encode a view with the query encoder."""
        return self.networks(view)

    @torch.no_grad()
    def keys(self, views: list[Tensor]) -> dict[int, Encoded]:
        """Update the key encoder, then encode the key views."""
        self.follow()
        return {k: self.key(views[k]) for _, k in self.setting.directions}

    def key(self, view: Tensor) -> Encoded:
        """Encode a view with the key encoder."""
        return self.key_encoder(view)

    @torch.no_grad()
    def follow(self) -> None:
        """Update the weights of the key encoder."""
        m = self.setting.encoder_momentum
        for key, query in zip(
            self.key_encoder.parameters(), self.networks.parameters(), strict=True
        ):
            key.copy_(m * key + (1 - m) * query)

    def enqueue(self, keys: dict[int, Encoded]) -> None:
        """Replace the oldest keys, those of the first view first."""
        # Copies, for the gradient still needs the negatives of this step.
        self.image_queue = self.image_queue.clone()
        self.set_queue = self.set_queue.clone()
        for k in sorted(keys):
            for image, pooled in zip(keys[k].image, keys[k].pooled, strict=True):
                place = self.enqueued % self.image_queue.shape[1]
                self.image_queue[:, place] = image
                self.set_queue[:, place] = pooled
                self.enqueued += 1
