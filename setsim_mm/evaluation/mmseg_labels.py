"""Label images of the data sets in a config of MMSegmentation."""

import os

from setsim_mm.datasets.image_loader import LOAD_RGB, ImageLoader
from setsim_mm.datasets.inner_datasets import inner_configs
from setsim_mm.utils.config_files import read_config
from setsim_mm.utils.errors import UserError

from .label_images import LabelImages, require_label_files
from .mmseg_datasets import (
    build_mmseg_dataset,
    format_and_classes,
    image_and_label_files,
    require_mmseg,
)


def mmseg_label_images(
    config: str | os.PathLike,
    part: str,
    size: tuple[int, int],
    data_root: str | os.PathLike | None = None,
    load: ImageLoader = LOAD_RGB,
) -> tuple[LabelImages, list[str]]:
    """Find the images of an MMSegmentation config with their labels.

    Paths, classes, ``ignore_index``, ``reduce_zero_label`` and the choice of classes
    are those of the data set. Its pipeline is not used.

    Args:
        config (str | os.PathLike): File with ``train_dataloader`` and
            ``val_dataloader``. Their data set may be wrapped.
        part (str): ``'train'`` or ``'val'``.
        size (tuple[int, int]): See :class:`~.label_images.LabelImages`.
        data_root (str | os.PathLike, optional): Folder of the data set. Defaults to
            None, that of the config.
        load (ImageLoader): See :class:`~.label_images.LabelImages`. Defaults to RGB.

    Returns:
        tuple[LabelImages, list[str]]: The images, and the names of the classes.

    Raises:
        UserError: If MMSegmentation is not installed, the config has no such data set,
            or files are missing.
    """
    require_mmseg(f'the config {str(config)!r}')
    cfg = read_config(str(config))
    if cfg.get(f'{part}_dataloader') is None:
        raise UserError(
            f'the config {str(config)!r} has no {part}_dataloader: choose one with the '
            'data sets of training and validation.'
        )
    found = [
        build_mmseg_dataset(inner, data_root)
        for inner in inner_configs(cfg[f'{part}_dataloader'].dataset)
    ]
    samples = [files for dataset in found for files in image_and_label_files(dataset)]
    (form, names), *others = [format_and_classes(dataset) for dataset in found]
    if any(other != (form, names) for other in others):
        raise UserError(
            f'the data sets of {part}_dataloader in {str(config)!r} have different '
            'classes or values without a class: evaluate them one by one.'
        )
    require_label_files(samples, str(config))
    return LabelImages(samples, size, load=load, **vars(form)), names
