"""Read images for a backbone as its pre-training does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image
from torch import Tensor, nn

from setsim_mm.datasets import LoadRGBImage
from setsim_mm.datasets.image_loader import ImageLoader, image_loader
from setsim_mm.datasets.transforms.channel_loading import count_of
from setsim_mm.host import MODELS
from setsim_mm.hosts.scope import SCOPE
from setsim_mm.utils.errors import UserError


@dataclass(frozen=True)
class ImageInputs:
    """Loader and normalisation of the images of a pre-training.

    The data sets of an evaluation load their images by ``load``. A call normalises a
    batch of them for the backbone.

    Args:
        load (ImageLoader): The loader.
        normalization (tuple[list[float], list[float]] | None): Mean and standard
            deviation of each channel, in the units of the images. None: images are
            not normalised.
        device (torch.device | str): The device of the backbone.

    Raises:
        UserError: If the numbers of channels of the loader and of the mean differ.
    """

    load: ImageLoader
    normalization: tuple[list[float], list[float]] | None
    device: torch.device | str

    def __post_init__(self) -> None:
        if self.normalization is None:
            return
        entries = len(self.normalization[0])
        if entries not in (1, self.load.channels):
            raise UserError(
                f'the images of the config have {count_of(self.load.channels)} and '
                f'its data_preprocessor.mean {entries} entries: correct one of them.'
            )

    def __call__(self, images: Tensor) -> Tensor:
        """Return the inputs of the backbone, float32 on its device.

        Args:
            images (Tensor): uint8 or float32, (N, channels, height, width).

        Raises:
            UserError: If the images have other channels than the loader's.
        """
        if images.shape[1] != self.load.channels:
            raise UserError(
                f'the images of the evaluation have {count_of(images.shape[1])} and '
                f'those of the config {self.load.channels}: load them by the loader of '
                'the config.'
            )
        images = images.to(self.device, torch.float32)
        if self.normalization is None:
            return images
        mean, std = (
            images.new_tensor(part).view(-1, 1, 1) for part in self.normalization
        )
        return (images - mean) / std


def image_inputs(
    cfg: Config, data_preprocessor: nn.Module, device: torch.device | str = 'cpu'
) -> ImageInputs:
    """Return the loader and the normalisation of a pre-training.

    Args:
        cfg (Config): The config of the pre-training. Its loader is that of
            :func:`~setsim_mm.datasets.image_loader.image_loader`.
        data_preprocessor (nn.Module): Its preprocessor, whose mean and standard
            deviation are used. Its channel conversion is ignored: it converts the
            images of other loaders to RGB, and the loader here gives RGB.
        device (torch.device | str): The device of the backbone. Defaults to ``'cpu'``.

    Raises:
        UserError: See :class:`ImageInputs`.
    """
    mean = getattr(data_preprocessor, 'mean', None)
    std = getattr(data_preprocessor, 'std', None)
    normalization = None
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        normalization = mean.flatten().tolist(), std.flatten().tolist()
    return ImageInputs(image_loader(cfg), normalization, device)


def build_data_preprocessor(cfg: Config) -> nn.Module:
    """Build the preprocessor of a pre-training config.

    Args:
        cfg (Config): The whole config. As in mmengine, the preprocessor may be inside
            or beside the model.

    Returns:
        nn.Module: The preprocessor on the CPU.
    """
    config = dict(
        cfg.model.get('data_preprocessor') or cfg.get('data_preprocessor') or {}
    )
    config.setdefault('type', 'SelfSupDataPreprocessor')
    with DefaultScope.overwrite_default_scope(SCOPE):
        return MODELS.build(config)


def require_rgb(load: ImageLoader, what: str) -> None:
    """Raise an error if a pre-training reads other images than 8-bit RGB.

    Args:
        load (ImageLoader): The loader of the pre-training.
        what (str): The evaluation that needs RGB images, for the message.

    Raises:
        UserError: If the loader is not :class:`~setsim_mm.datasets.LoadRGBImage`.
    """
    if not isinstance(load, LoadRGBImage):
        raise UserError(
            f'{what} reads 8-bit RGB images, and this pre-training reads other ones '
            f'({count_of(load.channels)}, docs/any_images.md): choose another '
            'evaluation.'
        )


def transformed(
    image: np.ndarray, transform: Callable[[Image.Image], Tensor]
) -> Tensor:
    """Transform an image by a function of PIL images, channel by channel.

    PIL resizes floating point numbers and keeps their range.

    Args:
        image (np.ndarray): HxWxN, uint8 or float32.
        transform (Callable): Returns (C, height, width) of an image with C channels.

    Returns:
        Tensor: (N, height, width), of the same type.
    """
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return transform(Image.fromarray(image))  # the same values in half the time
    channels = (np.ascontiguousarray(channel) for channel in image.transpose(2, 0, 1))
    return torch.cat([transform(Image.fromarray(channel)) for channel in channels])
