"""The image loader in the config of a training."""

import numpy as np
from mmengine.config import Config

from setsim_mm.host import TRANSFORMS

from .inner_datasets import inner_configs
from .transforms import LoadChannels, LoadRGBImage

ImageLoader = LoadRGBImage | LoadChannels
LOAD_RGB = LoadRGBImage()


def training_pipeline(config: Config) -> list[dict]:
    """Return the transforms of the training images, of the first data set of several.

    Args:
        config (Config): The config of the training. Without training images, there are
            no transforms.
    """
    dataset = (config.get('train_dataloader') or {}).get('dataset') or {}
    return next(inner_configs(dataset)).get('pipeline', [])


def channels_loader(config: Config) -> LoadChannels | None:
    """Return the loader of images with N channels; None if a training reads RGB.

    Args:
        config (Config): The config of the training.
    """
    first = next(iter(training_pipeline(config)), {})
    kind = first.get('type', '')  # a class, or a name with or without a scope
    if getattr(kind, '__name__', str(kind)).split('.')[-1] != LoadChannels.__name__:
        return None
    return TRANSFORMS.build(first)


def image_loader(config: Config) -> ImageLoader:
    """Return the loader of whole images for an evaluation.

    Args:
        config (Config): The config of the training.

    Returns:
        ImageLoader: That of :func:`channels_loader`, otherwise one for RGB. The latter
        decodes JPEG files at full size, also where the training reduces them.
    """
    return channels_loader(config) or LOAD_RGB


def load_pixels(load: ImageLoader, path: str) -> np.ndarray:
    """Load an image file, HxWxN, uint8 or float32.

    Args:
        load (ImageLoader): The loader.
        path (str): The file.

    Raises:
        UnreadableImageError: If the file is missing or damaged.
        ChannelsError: If it has other channels than the loader asks for.
    """
    return load(dict(img_path=path))['img']
