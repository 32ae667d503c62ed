"""Find the image loader in the config of a training."""

from typing import TYPE_CHECKING

from mmengine.config import Config

if TYPE_CHECKING:
    from setsim_mm.datasets import LoadChannels


def training_pipeline(config: Config) -> list[dict]:
    """Return the transforms of the training images, of the first data set of several.

    Args:
        config (Config): The config of the training.
    """
    from setsim_mm.datasets.inner_datasets import inner_configs

    return next(inner_configs(config.train_dataloader.dataset)).get('pipeline', [])


def channels_loader(config: Config) -> 'LoadChannels | None':
    """Return the loader of images with N channels; None if a training reads RGB.

    Args:
        config (Config): The config of the training.
    """
    from setsim_mm.datasets import LoadChannels
    from setsim_mm.host import TRANSFORMS

    first = next(iter(training_pipeline(config)), {})
    kind = first.get('type', '')  # a class, or a name with or without a scope
    if getattr(kind, '__name__', str(kind)).split('.')[-1] != LoadChannels.__name__:
        return None
    return TRANSFORMS.build(first)
