"""Images with label images: pairs, values, sizes."""

import pytest
import torch
from PIL import Image

from setsim_mm.evaluation.label_images import LabelImages, find_label_images
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


def test_a_folder_without_images(tmp_path):
    with pytest.raises(UserError, match='no image'):
        find_label_images(tmp_path, tmp_path)


def test_resized_together(camvid):
    pairs = find_label_images(camvid / 'images/val', camvid / 'labels/val')
    (batch,) = LabelImages(pairs, (48, 64), 11, ignored=11).batches(4)
    assert batch.images.shape == (2, 3, 48, 64)
    assert batch.images.dtype == torch.uint8
    assert batch.labels[0, :, 0].tolist() == [0] * 24 + [3] * 24
    assert batch.labels[1, 0].tolist() == [0] * 56 + [255] * 8
    assert batch.images[0, 2, 0, 0] > 200  # blue


def test_a_label_of_another_size(camvid):
    path = camvid / 'labels/val/0.png'
    Image.open(path).resize((64, 48)).save(path)
    pairs = find_label_images(camvid / 'images/val', camvid / 'labels/val')
    with pytest.raises(UserError, match=r'128x96.*64x48'):
        LabelImages(pairs, (48, 64), 11, ignored=11)[0]


def test_an_image_that_is_damaged(camvid):
    pairs = find_label_images(camvid / 'images/val', camvid / 'labels/val')
    (camvid / 'images/val/0.jpg').write_bytes(b'no image')
    with pytest.raises(UserError, match=r'0\.jpg.*replace'):
        LabelImages(pairs, (48, 64), 11, ignored=11).label(0)


def test_a_part_keeps_the_meaning_of_values(camvid):
    pairs = find_label_images(camvid / 'images', camvid / 'labels')
    images = LabelImages(pairs, (48, 64), 11, 11, reduce_zero_label=True)
    part = images.every(2)
    assert part.samples == pairs[::2]
    assert torch.equal(part.label(1), images.label(2))
