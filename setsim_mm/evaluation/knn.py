"""k-NN classification on frozen features, without training.

The weighted vote follows "Unsupervised Feature Learning via Non-Parametric Instance
Discrimination" (Wu et al., CVPR 2018), section 3.4: each of the k nearest labelled
images votes for its class with exp(cos / τ), τ = 0.07 and k = 200. "Emerging Properties
in Self-Supervised Vision Transformers" (Caron et al., ICCV 2021) found k = 20 to be the
best on ImageNet.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.dist import (
    broadcast_object_list,
    collect_results,
    get_rank,
    get_world_size,
    is_main_process,
)
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.utils.errors import UserError
from setsim_mm.utils.module_modes import evaluation_mode

from .class_folders import ClassFolders, LabeledImages, image_batches
from .frozen_backbone import last_feature_map
from .neighbors import check_neighbors, check_temperature


@dataclass(frozen=True)
class KNNResult:
    """Result of a k-NN classification.

    Args:
        accuracy (float): Percentage of correct classes, 0 to 100.
        num_train (int): Number of labelled images, without unreadable ones.
        num_val (int): Number of classified images, without unreadable ones.
        num_unreadable (int): Number of unreadable images of both kinds.
    """

    accuracy: float
    num_train: int
    num_val: int
    num_unreadable: int

    def __str__(self) -> str:
        skipped = (
            f'; {self.num_unreadable} unreadable images were skipped'
            if self.num_unreadable
            else ''
        )
        return (
            f'{self.accuracy:.2f} % of {self.num_val} images, by {self.num_train} '
            f'labelled ones{skipped}'
        )


def knn_classify(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    features: np.ndarray,
    k: int = 20,
    temperature: float = 0.07,
) -> np.ndarray:
    """Classify images by the weighted vote of the nearest neighbours.

    scikit-learn searches in blocks, so the similarities of all pairs are never in
    memory at once.

    Args:
        train_features (np.ndarray): L2-normalised features of labelled images, (M, C).
        train_labels (np.ndarray): Their classes, integers, (M,).
        features (np.ndarray): L2-normalised features of the images to classify, (N, C).
        k (int): Number of neighbours. Defaults to 20.
        temperature (float): Temperature τ of the weights exp(cos / τ). Defaults to
            0.07.

    Returns:
        np.ndarray: Classes, (N,); the smaller one in a tie.

    Raises:
        UserError: If a number is out of range.

    Examples:
        >>> corners = np.eye(2)
        >>> knn_classify(corners, np.array([3, 5]), np.array([[0.6, 0.8]]), k=2)
        array([5])
    """
    # Not at the top: importing scikit-learn takes a second.
    from sklearn.neighbors import KNeighborsClassifier

    check_vote(k, temperature, len(train_features))

    def votes(squared_distance: np.ndarray) -> np.ndarray:
        # |a - b|² = 2 - 2·cos. The common factor exp(-1 / τ) prevents an overflow.
        return np.exp(-squared_distance / (2 * temperature))

    # The order is that of the cosine, which scikit-learn does not search in blocks.
    classifier = KNeighborsClassifier(
        k, weights=votes, algorithm='brute', metric='sqeuclidean'
    )
    return classifier.fit(train_features, train_labels).predict(features)


def check_vote(k: int, temperature: float, num_train: int) -> None:
    """Check the parameters of the vote before images are loaded.

    Raises:
        UserError: If a number is out of range.
    """
    check_neighbors(k, num_train, 'labelled images')
    check_temperature(temperature)


@torch.no_grad()
def pooled_features(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    images: LabeledImages,
    batch_size: int = 64,
    num_workers: int = 2,
    progress: str | None = None,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Compute the L2-normalised mean of the last feature map for each image.

    The images are divided among the ranks.

    Args:
        backbone (nn.Module): A backbone in evaluation mode.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        images (LabeledImages): The images.
        batch_size (int): Images in a batch. Defaults to 64.
        num_workers (int): Number of worker processes. Defaults to 2.
        progress (str, optional): Title of a progress bar. Defaults to None, no bar.

    Returns:
        tuple[np.ndarray, np.ndarray] | None: Features (N, C) and labels (N,) of the
        readable images; None on all ranks but the first.

    Raises:
        UserError: If no image can be read.
    """
    share = range(get_rank(), len(images), get_world_size())
    batches: Iterable = image_batches(images, share, batch_size, num_workers)
    if progress and is_main_process():
        batches = track(batches, progress, total=-(-len(share) // batch_size))
    features: list[tuple[int, np.ndarray]] = []
    for indices, batch in batches:
        if batch is None:
            continue
        pooled = last_feature_map(backbone(preprocess(batch))).mean(dim=(2, 3))  # N, C
        normalized = F.normalize(pooled.float(), dim=1).cpu().numpy()
        features += zip(indices, normalized, strict=True)
    collected = collect_results(features, len(images), device='cpu')
    if collected is None:
        return None
    if not collected:
        raise UserError(
            f'none of the {len(images)} images can be read, such as '
            f'{images.samples[0][0]!r}: give a folder with intact images.'
        )
    collected.sort(key=lambda item: item[0])
    labels = [images.samples[index][1] for index, _ in collected]
    return np.stack([feature for _, feature in collected]), np.array(labels)


def evaluate_knn(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    folders: ClassFolders,
    image_size: int = 224,
    k: int = 20,
    temperature: float = 0.07,
    batch_size: int = 64,
    num_workers: int = 2,
    progress: bool = False,
) -> KNNResult:
    """Compute the k-NN accuracy of a backbone, on all ranks together.

    The backbone runs in evaluation mode. The mode of each module is restored.

    Args:
        backbone (nn.Module): A backbone that returns feature maps; the last one is
            used.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        folders (ClassFolders): See :func:`~.class_folders.find_class_folders`.
        image_size (int): Side of the centre crop in pixels. Defaults to 224.
        k (int): See :func:`knn_classify`.
        temperature (float): See :func:`knn_classify`.
        batch_size (int): Images in a batch. Defaults to 64.
        num_workers (int): Number of worker processes. Defaults to 2.
        progress (bool): Whether to show progress bars. Defaults to False.

    Returns:
        KNNResult: The same on every rank.

    Raises:
        UserError: If no image can be read, the backbone gives no feature map, or a
            number is out of range.
    """
    check_vote(k, temperature, len(folders.train))
    with evaluation_mode(backbone):
        train, val = (
            pooled_features(
                backbone,
                preprocess,
                LabeledImages(samples, image_size, folders.load),
                batch_size,
                num_workers,
                title if progress else None,
            )
            for title, samples in (
                ('labelled images', folders.train),
                ('images to classify', folders.val),
            )
        )
    results: list[Any] = [None]
    if train is not None and val is not None:  # on the first rank
        correct = knn_classify(*train, val[0], k, temperature) == val[1]
        num_train, num_val = len(train[0]), len(correct)
        results[0] = KNNResult(
            accuracy=100 * float(correct.mean()),
            num_train=num_train,
            num_val=num_val,
            num_unreadable=len(folders.train) + len(folders.val) - num_train - num_val,
        )
    broadcast_object_list(results)
    return results[0]
