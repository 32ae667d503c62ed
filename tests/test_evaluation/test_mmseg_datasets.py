"""Data sets of MMSegmentation."""

import mmseg  # noqa: F401 - skipped without it

from setsim_mm.evaluation.mmseg_datasets import (
    build_mmseg_dataset,
    image_and_label_files,
)
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
