"""k-NN classification on frozen features: no training, only neighbours.

The weighted vote is that of "Unsupervised Feature Learning via Non-Parametric Instance
Discrimination" (Wu et al., CVPR 2018), section 3.4: each of the k nearest labelled
images votes for its class with exp(cos / τ), τ = 0.07; k = 200 there, and 20 is what
"Emerging Properties in Self-Supervised Vision Transformers" (Caron et al., ICCV 2021)
found best on ImageNet.
"""

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class KNNResult:
    """What k-NN classification found.

    Args:
        accuracy (float): Percent of the images whose class was found, 0 to 100.
        num_train (int): Labelled images that could be read.
        num_val (int): Images classified.
        num_unreadable (int): Images of either kind that could not be read.
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
    """Classify by the weighted vote of the nearest neighbours.

    scikit-learn searches in blocks, so that the similarities of all pairs never stand
    in memory.

    Args:
        train_features (np.ndarray): Of labelled images, L2-normalised, (M, C).
        train_labels (np.ndarray): Their classes, integers, (M,).
        features (np.ndarray): Of the images to classify, L2-normalised, (N, C).
        k (int): Neighbours that vote. Defaults to 20.
        temperature (float): τ; each votes with exp(cos / τ). Defaults to 0.07.

    Returns:
        np.ndarray: Classes, (N,); the smaller one where two have the same votes.

    Raises:
        ValueError: If a number is out of range.

    Examples:
        >>> corners = np.eye(2)
        >>> knn_classify(corners, np.array([3, 5]), np.array([[0.6, 0.8]]), k=2)
        array([5])
    """
    # A second to import, which every command would pay.
    from sklearn.neighbors import KNeighborsClassifier

    check_vote(k, temperature, len(train_features))

    def votes(squared_distance: np.ndarray) -> np.ndarray:
        # |a - b|² = 2 - 2·cos; exp((cos - 1) / τ) differs by a factor that all share,
        # and cannot overflow.
        return np.exp(-squared_distance / (2 * temperature))

    # The ranking is that of the cosine, for which scikit-learn has no search in blocks.
    classifier = KNeighborsClassifier(
        k, weights=votes, algorithm='brute', metric='sqeuclidean'
    )
    return classifier.fit(train_features, train_labels).predict(features)


def check_vote(k: int, temperature: float, num_train: int) -> None:
    """Refuse a vote that cannot be held, before any image is read.

    Args:
        k (int): Neighbours that vote.
        temperature (float): τ.
        num_train (int): Labelled images.

    Raises:
        ValueError: If a number is out of range.
    """
    if not 1 <= k <= num_train:
        raise ValueError(
            f'k must be between 1 and the number of labelled images, {num_train}, but '
            f'is {k}'
        )
    if temperature <= 0:
        raise ValueError(f'temperature must be above 0, but is {temperature}')


@torch.no_grad()
def pooled_features(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    images: LabeledImages,
    batch_size: int = 64,
    num_workers: int = 2,
    progress: str | None = None,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Average the last feature map over its positions and normalise, image by image.

    On several ranks each takes its share of the images.

    Args:
        backbone (nn.Module): In evaluation mode.
        preprocess (Callable): See :func:`~.frozen_backbone.rgb_preprocess`.
        images (LabeledImages): The images.
        batch_size (int): Images at a time. Defaults to 64.
        num_workers (int): Processes that load. Defaults to 2.
        progress (str, optional): What a progress bar calls it. Defaults to None, no
            bar.

    Returns:
        tuple[np.ndarray, np.ndarray] | None: Features (N, C), L2-normalised, and
        labels (N,) of the images that can be read; None on all ranks but the first.
    """
    share = range(get_rank(), len(images), get_world_size())
    batches = image_batches(images, share, batch_size, num_workers)
    if progress and is_main_process():
        batches = track(batches, progress, total=-(-len(share) // batch_size))
    found = []
    for indices, batch in batches:
        if batch is None:
            continue
        pooled = last_feature_map(backbone(preprocess(batch))).mean(dim=(2, 3))  # N, C
        rows = F.normalize(pooled.float(), dim=1).cpu().numpy()
        found += zip(indices, rows, strict=True)
    found = collect_results(found, len(images), device='cpu')
    if found is None:
        return None
    if not found:
        raise UserError(
            f'none of the {len(images)} images can be read, such as '
            f'{images.samples[0][0]!r}: give a folder with intact images.'
        )
    indices, rows = zip(*sorted(found, key=lambda item: item[0]), strict=True)
    return np.stack(rows), np.array([images.samples[index][1] for index in indices])


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
    """Judge a backbone by k-NN classification, on all ranks together.

    Afterwards each module is in the mode that it was in.

    Args:
        backbone (nn.Module): Gives feature maps, of which the last one counts.
        preprocess (Callable): See :func:`~.frozen_backbone.rgb_preprocess`.
        folders (ClassFolders): See :func:`~.class_folders.find_class_folders`.
        image_size (int): Side of the centre crop in pixels. Defaults to 224.
        k (int): See :func:`knn_classify`.
        temperature (float): See :func:`knn_classify`.
        batch_size (int): Images at a time. Defaults to 64.
        num_workers (int): Processes that load. Defaults to 2.
        progress (bool): Whether to show progress bars. Defaults to False.

    Returns:
        KNNResult: The same on every rank.

    Raises:
        UserError: If no image can be read, or the backbone gives no feature map.
        ValueError: If a number is out of range.
    """
    check_vote(k, temperature, len(folders.train))
    with evaluation_mode(backbone):
        train, val = (
            pooled_features(
                backbone,
                preprocess,
                LabeledImages(samples, image_size),
                batch_size,
                num_workers,
                what if progress else None,
            )
            for what, samples in (
                ('labelled images', folders.train),
                ('images to classify', folders.val),
            )
        )
    result = [None]
    if is_main_process():
        predicted = knn_classify(*train, val[0], k, temperature)
        hits = predicted == val[1]
        unreadable = len(folders.train) + len(folders.val) - len(train[0]) - len(hits)
        accuracy = 100 * float(hits.mean())
        result = [KNNResult(accuracy, len(train[0]), len(hits), unreadable)]
    broadcast_object_list(result)
    return result[0]
