"""Cut two views of an image as in pre-training."""

import os
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from mmengine.config import Config
from torch.utils.data import Dataset

from .images import ImageLike, as_pixels

if TYPE_CHECKING:
    from setsim_mm.datasets import Box


def cut_views(
    config: Config, image: ImageLike, seed: int = 0, size: int | None = None
) -> tuple[np.ndarray, np.ndarray, tuple['Box', 'Box']]:
    """Cut two views of an image by the training pipeline, with its augmentations.

    Args:
        config (Config): The config of the training, ``model.cfg``.
        image (ImageLike): A file, a PIL image or a uint8 array (height, width, 3). For
            a training on N channels an array is (height, width, N), with the values of
            the files.
        seed (int): Seed of the views. Defaults to 0.
        size (int, optional): Height and width of the views in pixels. Defaults to
            None, the size in the pipeline.

    Returns:
        tuple[np.ndarray, np.ndarray, tuple[Box, Box]]: Both views, uint8
        (height, width, 3), or (height, width, N) as the training has them, and their
        boxes, as :func:`~setsim_mm.apis.match` needs.

    Raises:
        UnreadableImageError: If a file cannot be read.
        ChannelsError: If a file has other channels than the training.
        ValueError: If the pipeline does not return two views with their boxes.

    Examples:
        >>> model = init_model(config, checkpoint)  # doctest: +SKIP
        >>> match(model, *cut_views(model.cfg, 'cat.jpg'))  # doctest: +SKIP
    """
    from setsim_mm.datasets.image_loader import channels_loader, training_pipeline
    from setsim_mm.evaluation import cut_view_pairs

    pipeline = deepcopy(training_pipeline(config))
    if size is not None:
        _set_view_size(pipeline, size)
    pixels = np.array(as_pixels(image, channels_loader(config)))
    path = str(image) if isinstance(image, str | os.PathLike) else ''
    pairs = cut_view_pairs(_OneImage(pixels, path, pipeline), num_images=1, seed=seed)
    first, second = (v[0].permute(1, 2, 0).contiguous().numpy() for v in pairs.images)
    first_box, second_box = (tuple(boxes[0].tolist()) for boxes in pairs.boxes)
    return first, second, (first_box, second_box)


class _OneImage(Dataset):
    """Data set of one loaded image with a training pipeline."""

    def __init__(self, pixels: np.ndarray, path: str, pipeline: Sequence[dict]) -> None:
        from setsim_mm.datasets import WHOLE_IMAGE, LoadChannels, LoadRGBImage
        from setsim_mm.host import TRANSFORMS

        self.image = dict(
            img=pixels, img_path=path, ori_shape=pixels.shape[:2], box=WHOLE_IMAGE
        )
        transforms = [TRANSFORMS.build(transform) for transform in pipeline]
        self.transforms = [
            t for t in transforms if not isinstance(t, LoadRGBImage | LoadChannels)
        ]

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> dict:
        results = dict(self.image)
        for transform in self.transforms:
            results = transform(results)
        return results


def _set_view_size(part: Any, size: int) -> None:
    """Set the size of all crops in a pipeline's config."""
    if isinstance(part, dict):
        if part.get('type') == 'RandomResizedCropWithBox':
            part['size'] = size
        part = list(part.values())
    if isinstance(part, list | tuple):
        for child in part:
            _set_view_size(child, size)
