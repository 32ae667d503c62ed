"""Clusters of features, and the classes that they are given."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from .segmentation_score import mean_iou


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
