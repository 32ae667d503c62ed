"""Files with other channels are found before a training reads them."""

import numpy as np
import pytest
from mmengine.dataset import ConcatDataset

from setsim_mm.datasets import ChannelsError, UnlabeledImages
from setsim_mm.datasets.channel_check import check_channels
from tests.bands import write_bands

IMAGE = np.arange(60, dtype=np.uint16).reshape(3, 5, 4)


PIPELINE = [dict(type='LoadChannels', channels=4, dtype='uint16')]


def images(folder, number=6, pipeline=PIPELINE):
    folder.mkdir()
    for index in range(number):
        write_bands(folder / f'{index}.tif', IMAGE)
    return UnlabeledImages(data_root=str(folder), pipeline=pipeline)


def test_equal_channels_and_unreadable_files_pass(tmp_path):
    dataset = images(tmp_path / 'a')
    (tmp_path / 'a' / '3.tif').write_bytes(b'II*\0 not an image')
    check_channels(dataset)
    assert dataset.num_unreadable == 0  # training counts them


@pytest.mark.parametrize(
    'other', [IMAGE[..., :3], IMAGE[..., :2], IMAGE.astype(np.float32)]
)
def test_another_file_is_named(tmp_path, other):
    dataset = images(tmp_path / 'a')
    write_bands(tmp_path / 'a' / '4.tif', other)
    with pytest.raises(ChannelsError, match=r'4\.tif'):
        check_channels(dataset)
    with pytest.raises(ChannelsError, match=r'4\.tif'):
        check_channels(ConcatDataset([images(tmp_path / 'b'), dataset]))


def test_no_more_than_a_part_is_read(tmp_path):
    dataset = images(tmp_path / 'a', 20)
    for index in range(20):
        write_bands(tmp_path / 'a' / f'{index}.tif', IMAGE[..., :3])
    with pytest.raises(ChannelsError):
        check_channels(dataset, num_images=1)
    check_channels(dataset, num_images=0)


def test_other_loaders_pass(tmp_path):
    check_channels(images(tmp_path / 'a', pipeline=[dict(type='LoadRGBImage')]))
    check_channels([1, 2, 3])


def test_suffixes_are_those_that_the_loader_reads(tmp_path):
    images(tmp_path / 'a', 2)
    np.save(tmp_path / 'a' / 'b.npy', IMAGE)
    for pipeline, number in (
        ([dict(type='LoadChannels', channels=4)], 3),
        ([dict(type='LoadRGBImage')], 2),
        ([], 2),
    ):
        found = UnlabeledImages(data_root=str(tmp_path / 'a'), pipeline=pipeline)
        assert len(found) == number
