"""Data sets of MMSegmentation: whether they can be read, and their files."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mmengine.registry import DefaultScope

from setsim_mm.utils.errors import UserError

from .label_format import LabelFormat

if TYPE_CHECKING:
    from mmseg.datasets import BaseSegDataset


def require_mmseg(purpose: str = 'the segmentation probe') -> None:
    """Check that MMSegmentation can be imported.

    Args:
        purpose (str): What needs it. Defaults to the probe.

    Raises:
        UserError: If it or mmcv's compiled operators are not installed.
    """
    if find_spec('mmseg') is None or find_spec('mmcv._ext') is None:
        raise UserError(
            f'{purpose} needs mmsegmentation and the compiled mmcv: install them with '
            '`make env-test` (docs/install.md).'
        )


def build_mmseg_dataset(
    config: dict, data_root: str | os.PathLike | None = None
) -> 'BaseSegDataset':
    """Build a data set of MMSegmentation without its pipeline.

    Args:
        config (dict): Config of the data set.
        data_root (str | os.PathLike, optional): Its folder. Defaults to None, that of
            the config.

    Raises:
        UserError: If a folder or a list is missing, or the data set has no classes of
            pixels.
    """
    from mmseg.datasets import BaseSegDataset
    from mmseg.registry import DATASETS

    # mmengine cannot serialise an empty list of images.
    config = dict(config, pipeline=[], test_mode=False, serialize_data=False)
    if data_root is not None:
        config['data_root'] = str(Path(data_root).expanduser())
    try:
        with DefaultScope.overwrite_default_scope('mmseg'):
            dataset = DATASETS.build(config)
    except (OSError, AssertionError) as error:
        raise UserError(
            f'the data set {config["type"]} in {config.get("data_root")!r} cannot be '
            f'read ({error or "a folder or a list is missing"}): set the data root '
            '(data_root) to its folder.'
        ) from error
    if not isinstance(dataset, BaseSegDataset) or not dataset.metainfo.get('classes'):
        raise UserError(
            f'the data set {config["type"]} has no classes of pixels: choose a data '
            'set of MMSegmentation, and set metainfo.classes where it has none.'
        )
    return dataset


def image_and_label_files(dataset: 'BaseSegDataset') -> list[tuple[str, str]]:
    """Return the paths of each image and its label, which may not exist."""
    infos = (dataset.get_data_info(index) for index in range(len(dataset)))
    return [(info['img_path'], info['seg_map_path']) for info in infos]


def format_and_classes(dataset: 'BaseSegDataset') -> tuple[LabelFormat, list[str]]:
    """Return the format of a data set's labels, and its classes."""
    names = list(dataset.metainfo['classes'])
    form = LabelFormat(
        len(names),
        dataset.ignore_index,
        dataset.reduce_zero_label,
        dataset.label_map,
    )
    return form, names
