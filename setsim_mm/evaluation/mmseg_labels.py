"""Label images of the data sets in a config of MMSegmentation."""

import os
from pathlib import Path

from mmengine.registry import DefaultScope

from setsim_mm.datasets.image_loader import LOAD_RGB, ImageLoader
from setsim_mm.datasets.inner_datasets import inner_configs
from setsim_mm.utils.config_files import read_config
from setsim_mm.utils.errors import UserError

from .label_format import LabelFormat
from .label_images import LabelImages, require_label_files
from .segmentation_probe import require_mmseg


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
        _read_dataset(inner, data_root)
        for inner in inner_configs(cfg[f'{part}_dataloader'].dataset)
    ]
    samples = [sample for part_samples, _, _ in found for sample in part_samples]
    _, form, names = found[0]
    if any((other, theirs) != (form, names) for _, other, theirs in found):
        raise UserError(
            f'the data sets of {part}_dataloader in {str(config)!r} have different '
            'classes or values without a class: evaluate them one by one.'
        )
    require_label_files(samples, str(config))
    return LabelImages(samples, size, load=load, **vars(form)), names


def _read_dataset(
    config: dict, data_root: str | os.PathLike | None
) -> tuple[list[tuple[str, str]], LabelFormat, list[str]]:
    """Return the samples of a data set, the format of its labels, and its classes."""
    from mmseg.datasets import BaseSegDataset
    from mmseg.registry import DATASETS

    config = dict(config, pipeline=[], test_mode=False)
    if data_root is not None:
        config['data_root'] = str(Path(data_root).expanduser())
    try:
        with DefaultScope.overwrite_default_scope('mmseg'):
            dataset = DATASETS.build(config)
    except (OSError, AssertionError) as error:
        raise UserError(
            f'the data set {config["type"]} in {config.get("data_root")!r} cannot be '
            f'read ({error or "a folder or a list is missing"}): set the data root to '
            'its folder.'
        ) from error
    names = dataset.metainfo.get('classes')
    if not isinstance(dataset, BaseSegDataset) or not names:
        raise UserError(
            f'the data set {config["type"]} has no classes of pixels: choose a data '
            'set of MMSegmentation, and set metainfo.classes where it has none.'
        )
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    form = LabelFormat(
        len(names),
        dataset.ignore_index,
        dataset.reduce_zero_label,
        dataset.label_map,
    )
    return [(i['img_path'], i['seg_map_path']) for i in infos], form, list(names)
