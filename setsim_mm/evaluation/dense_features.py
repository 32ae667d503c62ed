"""Features of every position of labelled images."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from rich.progress import track
from torch import Tensor, nn

from setsim_mm.utils.module_modes import evaluation_mode

from .frozen_backbone import last_feature_map
from .label_images import LabelBatch, LabelImages


@dataclass(frozen=True)
class DenseBatch:
    """Feature maps of images, with the labels of their pixels.

    Args:
        indices (list[int]): Places of the images in the data set, N.
        images (Tensor): uint8 or float32, (N, channels, height, width).
        features (Tensor): (N, D, h, w), on the CPU, float32.
        labels (Tensor): (N, height, width), on the CPU.
    """

    indices: list[int]
    images: Tensor
    features: Tensor
    labels: Tensor

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the maps."""
        height, width = self.features.shape[2:]
        return height, width

    @property
    def positions(self) -> Tensor:
        """The features position by position, (N, h·w, D)."""
        return self.features.flatten(2).transpose(1, 2)


@torch.no_grad()
def dense_features(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    images: LabelImages,
    batch_size: int = 16,
    num_workers: int = 0,
    progress: str | None = None,
) -> Iterator[DenseBatch]:
    """Yield the last feature map of all images, in order.

    Args:
        backbone (nn.Module): Runs in evaluation mode. The mode of each module is
            restored.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        images (LabelImages): The images.
        batch_size (int): Images at a time. Defaults to 16.
        num_workers (int): Processes that load. Defaults to 0.
        progress (str, optional): Title of a progress bar. Defaults to None, no bar.
    """
    batches: Iterable[LabelBatch] = images.batches(batch_size, num_workers)
    if progress is not None:
        batches = track(batches, progress, total=-(-len(images) // batch_size))
    with evaluation_mode(backbone):
        for batch in batches:
            output = backbone(preprocess(batch.images))
            features = last_feature_map(output).float().cpu()
            yield DenseBatch(batch.indices, batch.images, features, batch.labels)
