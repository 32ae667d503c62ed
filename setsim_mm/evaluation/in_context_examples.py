"""Positions with the neighbours in the memory that labelled them, as patches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.visualization.bands import shown_bands

from .dense_features import dense_features
from .in_context import FeatureMemory, choose_positions, patch_labels
from .in_context_memory import DEFAULTS, InContextOptions
from .in_context_probe import predict
from .label_images import LabelImages

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class Patch:
    """The patch of a position.

    Args:
        pixels (Tensor): As in the picture of its image, uint8, (3, height, width).
        box (Box): Where it is in its image.
        label (int): The class of most of its pixels; the number of classes for none.
    """

    pixels: Tensor
    box: Box
    label: int


@dataclass(frozen=True)
class InContextExample:
    """An image that was labelled, and the neighbours of some of its positions.

    Args:
        pixels (Tensor): The image as :func:`~setsim_mm.visualization.bands.shown_bands`
            shows it, uint8, (3, height, width).
        label (Tensor): True classes, (height, width).
        prediction (Tensor): Predicted classes, (height, width).
        positions (Sequence[tuple[Patch, Sequence[Patch]]]): Chosen positions, each with
            the patches of its nearest neighbours, the nearest first.
    """

    pixels: Tensor
    label: Tensor
    prediction: Tensor
    positions: Sequence[tuple[Patch, Sequence[Patch]]]


def in_context_examples(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    train: LabelImages,
    val: LabelImages,
    memory: FeatureMemory,
    options: InContextOptions = DEFAULTS,
    positions: int = 2,
    neighbors: int = 5,
) -> list[InContextExample]:
    """Label images and show by what.

    Args:
        backbone (nn.Module): As for :func:`~.in_context_memory.build_memory`.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        train (LabelImages): Images that the memory was built from.
        val (LabelImages): Images to show.
        memory (FeatureMemory): From :func:`~.in_context_memory.build_memory`.
        options (InContextOptions): How positions are labelled.
        positions (int): Positions of each image that are explained, which prefer rare
            classes; see :func:`~.in_context.choose_positions`. Defaults to 2.
        neighbors (int): Neighbours of each. Defaults to 5.

    Returns:
        list[InContextExample]: One for each image.
    """
    examples = []
    for batch in dense_features(backbone, preprocess, val, batch_size=1):
        pixels, (label,) = _shown(batch.images[0]), batch.labels
        shares = patch_labels(batch.labels, batch.grid, val.num_classes)[0]
        generator = torch.Generator().manual_seed(options.seed)
        chosen = choose_positions(shares, positions, generator)
        queries = F.normalize(batch.positions[0, chosen], dim=1)
        _, found = memory.nearest(queries, min(neighbors, len(memory)))
        explained = []
        for position, rows in zip(chosen.tolist(), found, strict=True):
            nearest = []
            for number, place in memory.places[rows].tolist():
                _, image, its_label = train[number]
                nearest.append(
                    _patch(_shown(image), its_label, place, batch.grid, val.num_classes)
                )
            patch = _patch(pixels, label, position, batch.grid, val.num_classes)
            explained.append((patch, nearest))
        prediction = predict(batch, memory, options)[0]
        examples.append(InContextExample(pixels, label, prediction, explained))
    return examples


def _shown(image: Tensor) -> Tensor:
    return torch.from_numpy(shown_bands(image)).permute(2, 0, 1)


def _patch(
    pixels: Tensor,
    label: Tensor,
    position: int,
    grid: tuple[int, int],
    num_classes: int,
) -> Patch:
    """Cut out the patch of a position of an image."""
    rows, columns = grid
    height, width = label.shape
    row, column = divmod(position, columns)
    left, right = column * width // columns, -(-(column + 1) * width // columns)
    top, bottom = row * height // rows, -(-(row + 1) * height // rows)
    inside = label[top:bottom, left:right].flatten()
    counts = inside[inside < num_classes].bincount(minlength=1)
    known = int(counts.argmax()) if counts.sum() else num_classes
    return Patch(pixels[:, top:bottom, left:right], (left, top, right, bottom), known)
