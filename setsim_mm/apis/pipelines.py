"""How a training loads its images."""

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
    # A transform of another project may need what is not there.
    if first.get('type') not in ('LoadChannels', LoadChannels):
        return None
    return TRANSFORMS.build(first)
