"""The memory of in-context retrieval: features of labelled positions."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.utils.errors import UserError

from .dense_features import DenseBatch, dense_features
from .in_context import FeatureMemory, choose_positions, patch_labels
from .label_format import IGNORED
from .label_images import LabelImages
from .neighbors import check_temperature, require_search
from .segmentation_score import require_two_classes


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
        search (str): ``'torch'`` or ``'faiss'``; see
            :func:`~.neighbors.neighbor_search`. Defaults to ``'torch'``.

    Raises:
        UserError: If the temperature is not above 0, or the search is not installed.
    """

    memory_size: int | None = None
    k: int = 30
    temperature: float = 0.02
    ignored_is_class_0: bool = False
    seed: int = 0
    batch_size: int = 16
    num_workers: int = 0
    search: str = 'torch'

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        require_search(self.search)


DEFAULTS = InContextOptions()


def positions_per_image(options: InContextOptions, num_images: int) -> int | None:
    """Return how many positions each labelled image gives; None for all.

    Args:
        options (InContextOptions): Bound of the memory.
        num_images (int): Labelled images.

    Raises:
        UserError: If the bound is below the number of images.
    """
    if options.memory_size is None:
        return None
    if options.memory_size < num_images:
        raise UserError(
            f'a memory of {options.memory_size} features has no room for one of each '
            f'of the {num_images} labelled images: allow more, or give fewer images.'
        )
    return options.memory_size // num_images


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
        backbone (nn.Module): Its last feature map counts.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        images (LabelImages): The labelled images.
        options (InContextOptions): Bound of the memory and seed.
        progress (str, optional): Title of a progress bar. Defaults to None.

    Returns:
        FeatureMemory: On the CPU.

    Raises:
        UserError: If the bound is below the number of images, or labels show fewer
            than two classes; see also :class:`~.label_images.LabelImages`.
    """
    number = positions_per_image(options, len(images))
    parts = []
    for batch in dense_features(
        backbone, preprocess, images, options.batch_size, options.num_workers, progress
    ):
        parts += _labelled_positions(batch, images, options, number)
    features, labels, places = (torch.cat(part) for part in zip(*parts, strict=True))
    require_two_classes(labels.sum(0), len(images))
    return FeatureMemory(features, labels, places, options.search)


def _labelled_positions(
    batch: DenseBatch,
    images: LabelImages,
    options: InContextOptions,
    number: int | None,
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return features, shares and places of the positions to keep, image by image."""
    labels = batch.labels
    if options.ignored_is_class_0:
        labels = labels.where(labels != IGNORED, 0)
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
