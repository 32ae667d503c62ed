"""Images with label images: pairs, values, sizes."""

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.evaluation.label_images import (
    LabelImages,
    find_label_images,
    load_label,
)
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid


@pytest.fixture
def camvid(tmp_path):
    return write_camvid(tmp_path / 'camvid', number=2)


def test_pairs_by_name_at_any_depth(camvid):
    pairs = find_label_images(camvid / 'images', camvid / 'labels')
    assert [(i[-11:], j[-11:]) for i, j in pairs] == [
        ('train/0.jpg', 'train/0.png'),
        ('train/1.jpg', 'train/1.png'),
        ('s/val/0.jpg', 's/val/0.png'),
        ('s/val/1.jpg', 's/val/1.png'),
    ]


def test_an_image_without_a_label(camvid):
    (camvid / 'labels/val/1.png').unlink()
    with pytest.raises(UserError, match=r'1 of the 4 .*1\.png'):
        find_label_images(camvid / 'images', camvid / 'labels')


def test_a_folder_that_is_not_there(camvid):
    with pytest.raises(UserError, match='nowhere'):
        find_label_images(camvid / 'images', camvid / 'nowhere')


def test_values_that_are_no_class(camvid):
    with pytest.raises(UserError, match=r'\[3, 11\].* 2 classes'):
        load_label(str(camvid / 'labels/val/0.png'), num_classes=2)


def test_several_channels(tmp_path):
    Image.new('RGB', (4, 4)).save(tmp_path / 'label.png')
    with pytest.raises(UserError, match=r'\(4, 4, 3\)'):
        load_label(str(tmp_path / 'label.png'), num_classes=2)


def test_palettes_are_indices(tmp_path):
    image = Image.fromarray(np.array([[0, 1], [2, 255]], dtype=np.uint8)).convert('P')
    indices = np.array([[0, 1], [2, 255]], dtype=np.uint8)
    image = Image.fromarray(indices, mode='P')
    image.putpalette([10, 20, 30] * 256)
    image.save(tmp_path / 'label.png')
    loaded = load_label(str(tmp_path / 'label.png'), num_classes=3)
    assert loaded.tolist() == indices.tolist()


def test_resized_together(camvid):
    pairs = find_label_images(camvid / 'images/val', camvid / 'labels/val')
    (batch,) = LabelImages(pairs, (48, 64), 11, ignored=11).batches(4)
    assert batch.images.shape == (2, 3, 48, 64)
    assert batch.images.dtype == torch.uint8
    assert batch.labels[0, :, 0].tolist() == [0] * 24 + [3] * 24
    assert batch.labels[1, 0].tolist() == [0] * 56 + [11] * 8
    assert batch.images[0, 2, 0, 0] > 200  # blue


def test_a_label_of_another_size(camvid):
    path = camvid / 'labels/val/0.png'
    Image.open(path).resize((64, 48)).save(path)
    pairs = find_label_images(camvid / 'images/val', camvid / 'labels/val')
    with pytest.raises(UserError, match=r'128x96.*64x48'):
        LabelImages(pairs, (48, 64), 11, ignored=11)[0]
