"""Measure a backbone by in-context retrieval on labelled images."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.utils.errors import UserError
from setsim_mm.utils.module_modes import evaluation_mode

from .dense_features import DenseBatch, dense_features
from .in_context import (
    FeatureMemory,
    choose_positions,
    patch_labels,
    retrieve_labels,
)
from .label_images import LabelImages
from .segmentation_score import confusion_matrix, intersection_over_union, mean_iou


@dataclass(frozen=True)
class InContextOptions:
    """Options of in-context retrieval.

    Args:
        memory_size (int, optional): Bound of the memory in features, M. Each of the n
            labelled images gives M // n of them; see
            :func:`~.in_context.choose_positions`. Defaults to None, all positions.
        k (int): Neighbours of a position. Defaults to 30.
        temperature (float): See :func:`~.in_context.retrieve_labels`. Defaults to 0.02.
        ignored_is_class_0 (bool): Whether pixels without a class count as class 0 in
            the memory, as in the open implementation. Defaults to False, they count
            for no class.
        seed (int): Chooses positions. Defaults to 0.
        batch_size (int): Images that the backbone reads at once. Defaults to 16.
        num_workers (int): Processes that load. Defaults to 0.
    """

    memory_size: int | None = None
    k: int = 30
    temperature: float = 0.02
    ignored_is_class_0: bool = False
    seed: int = 0
    batch_size: int = 16
    num_workers: int = 0


DEFAULTS = InContextOptions()


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


def build_memory(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    images: LabelImages,
    options: InContextOptions = DEFAULTS,
    progress: str | None = None,
) -> FeatureMemory:
    """Collect the features of labelled positions.

    The choice of positions depends on the seed and on the name of each image, not on
    the order of the images.

    Args:
        backbone (nn.Module): In evaluation mode.
        preprocess (Callable): See :func:`~.frozen_backbone.rgb_preprocess`.
        images (LabelImages): The labelled images.
        options (InContextOptions): Bound of the memory and seed.
        progress (str, optional): Title of a progress bar. Defaults to None.

    Returns:
        FeatureMemory: On the CPU.

    Raises:
        UserError: If the bound is below the number of images, or no pixel has a class.
    """
    number = None
    if options.memory_size is not None:
        number = options.memory_size // len(images)
        if number == 0:
            raise UserError(
                f'a memory of {options.memory_size} features has no room for one of '
                f'each of the {len(images)} labelled images: allow more, or give fewer '
                'images.'
            )
    parts = []
    for batch in dense_features(
        backbone,
        preprocess,
        images,
        options.batch_size,
        options.num_workers,
        progress,
    ):
        parts += _labelled_positions(batch, images, options, number)
    features, labels, places = (torch.cat(part) for part in zip(*parts, strict=True))
    if not len(features):
        raise UserError(
            f'no pixel of the {len(images)} labelled images has a class: check the '
            'value of pixels without a class.'
        )
    return FeatureMemory(features, labels, places)


def _labelled_positions(
    batch: DenseBatch,
    images: LabelImages,
    options: InContextOptions,
    number: int | None,
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return features, shares and places of the positions to keep, image by image."""
    labels = batch.labels
    if options.ignored_is_class_0:
        labels = labels.where(labels != images.ignored, 0)
    shares = patch_labels(labels, batch.grid, images.num_classes)
    found = []
    for index, features, share in zip(
        batch.indices, batch.positions, shares, strict=True
    ):
        if number is None:
            chosen = share.any(1).nonzero().flatten()
        else:
            name = Path(images.samples[index][0]).name
            seed = zlib.crc32(f'{options.seed} {name}'.encode())
            generator = torch.Generator().manual_seed(seed)
            chosen = choose_positions(share, number, generator)
        place = torch.stack([torch.full_like(chosen, index), chosen], dim=1)
        found.append((F.normalize(features[chosen], dim=1), share[chosen], place))
    return found


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
        backbone (nn.Module): Its last feature map counts. Each module is in its own
            mode again afterwards.
        preprocess (Callable): See :func:`~.frozen_backbone.rgb_preprocess`.
        train (LabelImages): Labelled images, the memory.
        val (LabelImages): Images to label, with their labels.
        options (InContextOptions): The options.
        progress (bool): Whether to show progress bars. Defaults to False.

    Returns:
        InContextResult: The score.

    Raises:
        UserError: If the memory has fewer features than neighbours are asked for; see
            also :func:`build_memory`.
    """
    confusion = torch.zeros(val.num_classes, val.num_classes, dtype=torch.int64)
    with evaluation_mode(backbone):
        titles = ('labelled images', 'images to label') if progress else (None, None)
        memory = build_memory(backbone, preprocess, train, options, titles[0])
        require_neighbors(options.k, memory)
        for batch in dense_features(
            backbone,
            preprocess,
            val,
            options.batch_size,
            options.num_workers,
            titles[1],
        ):
            predicted = predict(batch, memory, options)
            confusion += confusion_matrix(batch.labels, predicted, val.num_classes)
    return InContextResult(
        mean_iou(confusion),
        100 * intersection_over_union(confusion),
        memory,
        len(val),
    )


def require_neighbors(k: int, memory: FeatureMemory) -> None:
    """Raise an error if the memory has fewer features than neighbours are wanted.

    Args:
        k (int): Neighbours of a position.
        memory (FeatureMemory): The memory.

    Raises:
        UserError: If so.
    """
    if k > len(memory):
        raise UserError(
            f'{k} neighbours are asked for, but the memory has {len(memory)} '
            'positions: ask for fewer, or give more labelled images.'
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
