"""Check the channels of a part of the images before a training or an evaluation."""

from collections.abc import Iterable, Sequence

from torch.utils.data import Dataset

from .channel_statistics import random_part
from .image_loader import ImageLoader
from .inner_datasets import inner_datasets
from .transforms import LoadChannels, UnreadableImageError

CHECKED_IMAGES = 64


def check_channels(dataset: Dataset, num_images: int = CHECKED_IMAGES) -> None:
    """Load random images of a data set and compare their channels with its config.

    Data sets that do not load images by :class:`LoadChannels` pass. Unreadable images
    pass, too: training counts them.

    Args:
        dataset: The data set, which may wrap others.
        num_images: Images of each data set. Defaults to 64, which contain one of a
            tenth of all images with a probability of 99.9 %.

    Raises:
        ChannelsError: If an image has other channels, or values of another type.
    """
    for inner in inner_datasets(dataset):
        pipeline = getattr(inner, 'pipeline', None)
        load = next(iter(getattr(pipeline, 'transforms', ())), None)
        if not isinstance(load, LoadChannels):
            continue
        inner.full_init()
        # Without the pairs of SemanticPositivePairs, which show the same images.
        images = getattr(inner, 'num_images', len(inner))
        part = random_part(range(images), num_images)
        _load_all((inner.get_data_info(index)['img_path'] for index in part), load)


def check_files(
    paths: Sequence[str], load: ImageLoader, num_images: int = CHECKED_IMAGES
) -> None:
    """Load random files and compare their channels with those of the loader.

    Unreadable files pass.

    Args:
        paths: The files.
        load: Their loader. Nothing is loaded if it converts files to RGB.
        num_images: See :func:`check_channels`.

    Raises:
        ChannelsError: If a file has other channels, or values of another type.
    """
    if isinstance(load, LoadChannels):
        _load_all(random_part(paths, num_images), load)


def _load_all(paths: Iterable[str], load: LoadChannels) -> None:
    """Load files, unless they are unreadable."""
    for path in paths:
        try:
            load(dict(img_path=path))
        except UnreadableImageError:
            continue
