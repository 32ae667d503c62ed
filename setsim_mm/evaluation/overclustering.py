"""Measure whether clusters of positions agree with classes, without training.

As Leopart ("Self-Supervised Learning of Object Parts for Semantic Segmentation",
Ziegler and Asano, CVPR 2022) and NeCo (arXiv:2408.11054) measure it: the L2-normalised
features of the validation images are reduced to 50 dimensions by PCA and clustered by
k-means. Each of many clusters takes the class that most of its pixels have. As many
clusters as classes are matched one to one instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.utils.errors import UserError

from .clusters import cluster, cluster_miou, reduced
from .dense_features import dense_features
from .label_images import LabelImages
from .segmentation_score import confusion_matrix


@dataclass(frozen=True)
class OverclusteringOptions:
    """Options of overclustering.

    Args:
        num_clusters (int): K. Defaults to 500.
        dimensions (int): Kept by PCA. Defaults to 50.
        num_seeds (int): Runs of k-means, which differ in their seed. Defaults to 5.
        map_size (int): Longer side of the maps that are compared, in pixels. Defaults
            to 100.
        batch_size (int): Images that the backbone reads at once. Defaults to 16.
        num_workers (int): Processes that load. Defaults to 0.

    Raises:
        UserError: If a number is below 1, or there are fewer than two clusters.
    """

    num_clusters: int = 500
    dimensions: int = 50
    num_seeds: int = 5
    map_size: int = 100
    batch_size: int = 16
    num_workers: int = 0

    def __post_init__(self) -> None:
        if self.num_clusters < 2 or min(self.dimensions, self.num_seeds) < 1:
            raise UserError(
                f'overclustering cannot have {self.num_clusters} clusters, '
                f'{self.dimensions} dimensions and {self.num_seeds} seeds: it needs '
                'two clusters, one dimension and one seed at least.'
            )


DEFAULTS = OverclusteringOptions()


@dataclass(frozen=True)
class OverclusteringResult:
    """The result of overclustering.

    Args:
        mious (Sequence[float]): Percent, one for each seed of k-means.
        num_clusters (int): K.
        num_images (int): Images that were clustered.
    """

    mious: Sequence[float]
    num_clusters: int
    num_images: int

    @property
    def miou(self) -> float:
        """Mean over the seeds, in percent."""
        return float(np.mean(self.mious))

    def __str__(self) -> str:
        spread = f' ± {np.std(self.mious, ddof=1):.2f}' if len(self.mious) > 1 else ''
        return (
            f'{self.miou:.2f}{spread} % mIoU of {self.num_clusters} clusters on '
            f'{self.num_images} images, {len(self.mious)} seeds'
        )


def evaluate_overclustering(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    images: LabelImages,
    options: OverclusteringOptions = DEFAULTS,
    progress: bool = False,
) -> OverclusteringResult:
    """Cluster the positions of images, and score the clusters against the classes.

    Args:
        backbone (nn.Module): Its last feature map counts.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        images (LabelImages): Images with labels.
        options (OverclusteringOptions): The options.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        OverclusteringResult: The scores.

    Raises:
        UserError: If there are fewer positions than clusters.
            :func:`~.label_checks.check_overclustering` raises it before features are
            computed.
    """
    features, labels, grid = [], [], (0, 0)
    title = 'images to cluster' if progress else None
    size = _scaled(images.size, options.map_size)
    for batch in dense_features(
        backbone, preprocess, images, options.batch_size, options.num_workers, title
    ):
        features.append(F.normalize(batch.positions.flatten(0, 1), dim=1))
        labels.append(_resized(batch.labels, size))
        grid = batch.grid
    points, number = torch.cat(features).numpy(), options.num_clusters
    require_positions(len(points), number, len(images))
    points, label = reduced(points, options.dimensions), torch.cat(labels)
    mious = []
    for seed in range(options.num_seeds):
        maps = torch.from_numpy(cluster(points, number, seed)).view(-1, *grid)
        confusion = confusion_matrix(
            label, _resized(maps, size), images.num_classes, number
        )
        mious.append(cluster_miou(confusion))
    return OverclusteringResult(mious, number, len(images))


def require_positions(number: int, num_clusters: int, num_images: int) -> None:
    """Check that there are at least as many positions as clusters.

    Args:
        number (int): Positions.
        num_clusters (int): K.
        num_images (int): Images that have the positions.

    Raises:
        UserError: If not.
    """
    if number < num_clusters:
        raise UserError(
            f'{num_images} images have {number} positions, fewer than the '
            f'{num_clusters} clusters: ask for fewer clusters, or give more images.'
        )


def _scaled(size: tuple[int, int], longer: int) -> tuple[int, int]:
    scale = min(1, longer / max(size))
    return round(size[0] * scale), round(size[1] * scale)


def _resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize maps of integers to the nearest pixel, (N, height, width)."""
    return F.interpolate(maps[:, None].double(), size, mode='nearest-exact')[
        :, 0
    ].long()
