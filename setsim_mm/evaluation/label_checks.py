"""Checks of label images before features are computed."""

import torch
from rich.progress import track
from torch import Tensor
from torch.nn import functional as F

from .in_context_memory import InContextOptions, positions_per_image
from .label_format import IGNORED
from .label_images import LabelImages
from .neighbors import check_neighbors
from .overclustering import require_positions
from .segmentation_score import require_two_classes


def check_in_context(
    grid: tuple[int, int],
    train: LabelImages,
    val: LabelImages,
    options: InContextOptions,
    progress: bool = False,
) -> None:
    """Check all labels, and the number of neighbours against the size of the memory.

    Args:
        grid (tuple[int, int]): Rows and columns of the feature maps; see
            :func:`~.frozen_backbone.feature_grid`.
        train (LabelImages): Labelled images, the memory.
        val (LabelImages): Images to label.
        options (InContextOptions): The options.
        progress (bool): Whether to show progress bars. Defaults to False.

    Raises:
        UserError: If something is wrong.
    """
    bound = positions_per_image(options, len(train))
    labelled = check_labels(train, grid, options.ignored_is_class_0, progress)
    if bound is not None:
        labelled = labelled.clamp(max=bound)
    check_neighbors(options.k, int(labelled.sum()), 'positions in the memory')
    check_labels(val, grid, progress=progress)


def check_overclustering(
    grid: tuple[int, int],
    images: LabelImages,
    num_clusters: int,
    progress: bool = False,
) -> None:
    """Check all labels, and the number of clusters against that of positions.

    Args:
        grid (tuple[int, int]): See :func:`check_in_context`.
        images (LabelImages): Images to cluster.
        num_clusters (int): K.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Raises:
        UserError: If something is wrong.
    """
    require_positions(len(images) * grid[0] * grid[1], num_clusters, len(images))
    check_labels(images, grid, progress=progress)


def check_labels(
    images: LabelImages,
    grid: tuple[int, int],
    ignored_is_class_0: bool = False,
    progress: bool = False,
) -> Tensor:
    """Read all labels once.

    Args:
        images (LabelImages): The images, whose headers are read, too.
        grid (tuple[int, int]): See :func:`check_in_context`.
        ignored_is_class_0 (bool): See :class:`~.in_context_memory.InContextOptions`.
            Defaults to False.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        Tensor: Number of positions of each image with a class in their patch, (n,).

    Raises:
        UserError: If a file cannot be read, a label has another size than its image or
            holds an unknown value, or there are fewer than two classes.
    """
    pixels = torch.zeros(256, dtype=torch.int64)
    numbers = []
    indices = range(len(images))
    for index in track(indices, 'labels') if progress else indices:
        label = images.label(index)
        if ignored_is_class_0:
            label = label.where(label != IGNORED, 0)
        pixels += label.flatten().bincount(minlength=256)
        patches = F.adaptive_max_pool2d((label != IGNORED)[None].float(), grid)
        numbers.append(int(patches.sum()))
    require_two_classes(pixels[: images.num_classes], len(images))
    return torch.tensor(numbers)
