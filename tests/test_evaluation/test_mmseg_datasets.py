"""Data sets of MMSegmentation."""

from importlib.util import find_spec

import mmseg  # noqa: F401 - skipped without it
import pytest

from setsim_mm.evaluation import mmseg_datasets
from setsim_mm.evaluation.mmseg_datasets import (
    build_mmseg_dataset,
    image_and_label_files,
    require_mmseg,
)
from setsim_mm.utils import UserError
from tests.labelled_images import camvid_images, write_camvid


def test_files_are_those_of_the_folders(tmp_path):
    root = write_camvid(tmp_path)
    config = dict(
        type='BaseSegDataset',
        data_prefix=dict(img_path='images/val', seg_map_path='labels/val'),
        metainfo=dict(classes=('sky', 'road')),
        pipeline=[dict(type='NoSuchTransform')],
    )
    dataset = build_mmseg_dataset(config, root)
    assert image_and_label_files(dataset) == camvid_images(root, 'val').samples
    assert config['pipeline'] and 'data_root' not in config


def test_error_for_missing_mmseg(monkeypatch):
    monkeypatch.setattr(
        mmseg_datasets,
        'find_spec',
        lambda name: None if name == 'mmcv._ext' else find_spec(name),
    )
    with pytest.raises(UserError, match=r'the config .*mmsegmentation.*compiled mmcv'):
        require_mmseg('the config')
