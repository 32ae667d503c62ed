"""Overclustering: do clusters of positions agree with classes, without any training?

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
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.utils.errors import UserError
from setsim_mm.utils.module_modes import evaluation_mode

from .dense_features import dense_features
from .label_images import LabelImages
from .segmentation_score import confusion_matrix, mean_iou


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


def classes_by_majority(confusion: Tensor) -> Tensor:
    """Return for each cluster the class that most of its pixels have.

    Args:
        confusion (Tensor): Pixels of each class by cluster, (C, K).

    Returns:
        Tensor: Classes, (K,).
    """
    return confusion.argmax(0)


def classes_one_to_one(confusion: Tensor) -> Tensor:
    """Return the one-to-one assignment of clusters to classes with the most hits.

    Args:
        confusion (Tensor): Pixels of each class by cluster, (C, C).

    Returns:
        Tensor: Classes, (C,).
    """
    clusters, classes = linear_sum_assignment(confusion.t().numpy(), maximize=True)
    assigned = torch.empty(len(clusters), dtype=torch.int64)
    assigned[torch.from_numpy(clusters)] = torch.from_numpy(classes)
    return assigned


def cluster_miou(confusion: Tensor) -> float:
    """Compute the mIoU of clusters that have become classes.

    Args:
        confusion (Tensor): Pixels of each class by cluster, (C, K). With K = C the
            assignment is one to one, otherwise each cluster takes its majority.

    Returns:
        float: Percent.

    Examples:
        >>> cluster_miou(torch.tensor([[3, 0, 2], [0, 4, 1]]))
        85.0
    """
    num_classes, num_clusters = confusion.shape
    assign = classes_one_to_one if num_clusters == num_classes else classes_by_majority
    merged = torch.zeros(num_classes, num_classes, dtype=confusion.dtype)
    merged.index_add_(1, assign(confusion), confusion)
    return mean_iou(merged)


def reduced(features: np.ndarray, dimensions: int) -> np.ndarray:
    """Reduce features by PCA.

    Args:
        features (np.ndarray): (M, D).
        dimensions (int): How many to keep, if there are more.

    Returns:
        np.ndarray: (M, min(D, M, dimensions)).
    """
    from sklearn.decomposition import PCA

    kept = min(dimensions, *features.shape)
    return PCA(kept, random_state=0).fit_transform(features)


def cluster(features: np.ndarray, num_clusters: int, seed: int) -> np.ndarray:
    """Cluster features by k-means on random batches.

    Args:
        features (np.ndarray): (M, D).
        num_clusters (int): K.
        seed (int): Of the initial centres and the batches.

    Returns:
        np.ndarray: Cluster of each feature, (M,).
    """
    from sklearn.cluster import MiniBatchKMeans

    means = MiniBatchKMeans(num_clusters, batch_size=4096, n_init=3, random_state=seed)
    return means.fit_predict(features)


def evaluate_overclustering(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    images: LabelImages,
    num_clusters: int = 500,
    dimensions: int = 50,
    num_seeds: int = 5,
    map_size: int = 100,
    batch_size: int = 16,
    num_workers: int = 0,
    progress: bool = False,
) -> OverclusteringResult:
    """Cluster the positions of images, and score the clusters against the classes.

    Args:
        backbone (nn.Module): Its last feature map counts. Each module is in its own
            mode again afterwards.
        preprocess (Callable): See :func:`~.frozen_backbone.rgb_preprocess`.
        images (LabelImages): Images with labels.
        num_clusters (int): K. Defaults to 500.
        dimensions (int): Kept by PCA. Defaults to 50.
        num_seeds (int): Runs of k-means, which differ in their seed. Defaults to 5.
        map_size (int): Longer side of the maps that are compared, in pixels. Defaults
            to 100.
        batch_size (int): Images that the backbone reads at once. Defaults to 16.
        num_workers (int): Processes that load. Defaults to 0.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        OverclusteringResult: The scores.

    Raises:
        UserError: If there are fewer positions than clusters.
    """
    features, labels, grid = [], [], (0, 0)
    title = 'images to cluster' if progress else None
    size = _scaled(images.size, map_size)
    with evaluation_mode(backbone):
        for batch in dense_features(
            backbone, preprocess, images, batch_size, num_workers, title
        ):
            features.append(F.normalize(batch.positions.flatten(0, 1), dim=1))
            labels.append(_resized(batch.labels, size))
            grid = batch.grid
    points = torch.cat(features).numpy()
    if len(points) < num_clusters:
        raise UserError(
            f'{len(images)} images have {len(points)} positions, fewer than the '
            f'{num_clusters} clusters: ask for fewer clusters, or give more images.'
        )
    points, label = reduced(points, dimensions), torch.cat(labels)
    mious = []
    for seed in range(num_seeds):
        maps = torch.from_numpy(cluster(points, num_clusters, seed)).view(-1, *grid)
        confusion = confusion_matrix(
            label, _resized(maps, size), images.num_classes, num_clusters
        )
        mious.append(cluster_miou(confusion))
    return OverclusteringResult(mious, num_clusters, len(images))


def _scaled(size: tuple[int, int], longer: int) -> tuple[int, int]:
    scale = min(1, longer / max(size))
    return round(size[0] * scale), round(size[1] * scale)


def _resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize maps of integers to the nearest pixel, (N, height, width)."""
    return F.interpolate(maps[:, None].double(), size, mode='nearest-exact')[
        :, 0
    ].long()
