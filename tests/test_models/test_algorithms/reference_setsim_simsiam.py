"""The training of SetSim on SimSiam in plain torch."""

from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

from .reference_training import Batch, ReferenceTraining


def projector(layer: type[nn.Module], norm: type[nn.Module], *widths: int):
    """Three layers without bias; BatchNorm after each, ReLU after two (SimSiam)."""
    first, hidden, last = widths
    return nn.Sequential(
        layer(first, hidden, bias=False), norm(hidden), nn.ReLU(),
        layer(hidden, hidden, bias=False), norm(hidden), nn.ReLU(),
        layer(hidden, last, bias=False), norm(last, affine=False),
    )  # fmt: skip


def predictor(layer: type[nn.Module], norm: type[nn.Module], *widths: int):
    """Two layers; BatchNorm and ReLU after the first (SimSiam)."""
    first, hidden = widths
    return nn.Sequential(
        layer(first, hidden, bias=False), norm(hidden), nn.ReLU(), layer(hidden, first)
    )


class Networks(nn.Module):
    """Backbone, projectors and predictors, with the names of a checkpoint."""

    def __init__(
        self, backbone: nn.Module, channels: int, hidden: int, dim: int, bottleneck: int
    ):
        super().__init__()
        vectors = nn.Linear, nn.BatchNorm1d
        maps = partial(nn.Conv2d, kernel_size=1), nn.BatchNorm2d
        self.backbone = backbone
        self.neck = nn.ModuleDict(
            {
                'image_projector': projector(*vectors, channels, hidden, dim),
                'set_projector': projector(*maps, channels, hidden, dim),
            }
        )
        self.head = nn.ModuleDict(
            {
                'image_predictor': predictor(*vectors, dim, bottleneck),
                'set_predictor': predictor(*maps, dim, bottleneck),
            }
        )


class ReferenceSetSimSiam(ReferenceTraining):
    """Eq. 2 to 7 and 9 on SimSiam's Algorithm 1 (arXiv:2011.10566)."""

    def losses(self, views: list[Tensor], batch: Batch) -> dict[str, Tensor]:
        setting, neck, head = self.setting, self.networks.neck, self.networks.head
        maps = [self.networks.backbone(view)[-1] for view in views]  # N, C, H, W
        images = [neck['image_projector'](z.mean((2, 3))) for z in maps]  # N, D
        dense = [neck['set_projector'](z) for z in maps]  # N, D, H, W
        image_losses, set_losses = [], []
        for q, k in setting.directions:
            positives = self.correspondence((maps[q], maps[k]), batch, q, k)
            prediction = head['image_predictor'](images[q])
            target = self.stopped(images[k])
            image_losses.append(-F.cosine_similarity(prediction, target).mean())
            prediction = head['set_predictor'](dense[q])
            set_losses.append(
                self.set_loss(prediction, self.stopped(dense[k]), positives)
            )
        weight, directions = setting.loss_lambda, len(setting.directions)
        return {
            'loss_image': (1 - weight) * sum(image_losses) / directions,
            'loss_set': weight * sum(set_losses) / directions,
        }

    @staticmethod
    def set_loss(prediction: Tensor, target: Tensor, positives: Tensor) -> Tensor:
        """Mean over images of the mean over positions that have a positive."""
        images = []
        for p, t, mask in zip(
            prediction.flatten(2), target.flatten(2), positives, strict=True
        ):
            positions = [
                -F.cosine_similarity(p[:, i, None], t[:, row], dim=0).mean()
                for i, row in enumerate(mask)
                if row.any()
            ]
            images.append(sum(positions) / len(positions) if positions else p.sum() * 0)
        return sum(images) / len(images)

    @staticmethod
    def stopped(target: Tensor) -> Tensor:
        """Return the target without gradient."""
        return target.detach()

    def learning_rate(self, name: str, epoch: int) -> float:
        """Return the rate of a weight, which is constant for the predictors."""
        if 'predictor' in name:
            return self.setting.learning_rate
        return super().learning_rate(name, epoch)
