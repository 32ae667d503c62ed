"""Measure a backbone by in-context retrieval on labelled images."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .dense_features import DenseBatch, dense_features
from .in_context import FeatureMemory, retrieve_labels
from .in_context_memory import DEFAULTS, InContextOptions, build_memory
from .label_images import LabelImages
from .segmentation_score import confusion_matrix, intersection_over_union, mean_iou


@dataclass(frozen=True)
class InContextResult:
    """The result of in-context retrieval.

    Args:
        miou (float): Percent, over the classes that are there or predicted.
        iou (Tensor): Percent of each class, (C,); NaN for a class that is neither.
        memory (FeatureMemory): The labelled positions.
        num_images (int): Images that were labelled.
    """

    miou: float
    iou: Tensor
    memory: FeatureMemory
    num_images: int

    def __str__(self) -> str:
        return (
            f'{self.miou:.2f} % mIoU on {self.num_images} images, by a memory of '
            f'{len(self.memory)} positions'
        )


def evaluate_in_context(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    train: LabelImages,
    val: LabelImages,
    options: InContextOptions = DEFAULTS,
    progress: bool = False,
) -> InContextResult:
    """Label the pixels of images by the nearest labelled positions, and score them.

    Args:
        backbone (nn.Module): Its last feature map counts.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        train (LabelImages): Labelled images, the memory.
        val (LabelImages): Images to label, with their labels.
        options (InContextOptions): The options.
        progress (bool): Whether to show progress bars. Defaults to False.

    Returns:
        InContextResult: The score.

    Raises:
        UserError: If the memory has fewer features than neighbours are asked for; see
            also :func:`build_memory`. :func:`~.label_checks.check_in_context` raises it
            before features are computed.
    """
    confusion = torch.zeros(val.num_classes, val.num_classes, dtype=torch.int64)
    titles = ('labelled images', 'images to label') if progress else (None, None)
    memory = build_memory(backbone, preprocess, train, options, titles[0])
    for batch in dense_features(
        backbone, preprocess, val, options.batch_size, options.num_workers, titles[1]
    ):
        predicted = predict(batch, memory, options)
        confusion += confusion_matrix(batch.labels, predicted, val.num_classes)
    return InContextResult(
        mean_iou(confusion),
        100 * intersection_over_union(confusion),
        memory,
        len(val),
    )


def predict(
    batch: DenseBatch, memory: FeatureMemory, options: InContextOptions
) -> Tensor:
    """Predict the class of each pixel.

    Args:
        batch (DenseBatch): Features of N images.
        memory (FeatureMemory): Labelled positions.
        options (InContextOptions): Number of neighbours and temperature.

    Returns:
        Tensor: (N, height, width), as large as the batch's labels.
    """
    height, width = batch.labels.shape[1:]
    predicted = []
    for positions in batch.positions:  # one by one: maps of all classes are large
        weights = retrieve_labels(positions, memory, options.k, options.temperature)
        maps = weights.t().view(1, -1, *batch.grid)  # 1, C, h, w
        maps = F.interpolate(maps, (height, width), mode='bilinear')
        predicted.append(maps.argmax(1))
    return torch.cat(predicted)
