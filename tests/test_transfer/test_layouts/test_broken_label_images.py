"""Data sets with a wrong label image."""

import numpy as np
import pytest
from PIL import Image

from .problems import only_problem_of, problems_of

LABELS = {
    'voc_seg': ('VOCdevkit/VOC2012/SegmentationClassAug/2008_000005.png', 21),
    'cityscapes_seg': (
        'cityscapes/gtFine/val/frankfurt/frankfurt_000002_000019_gtFine_labelTrainIds.png',
        19,
    ),
    'ade20k': (
        'ade/ADEChallengeData2016/annotations/training/ADE_train_00000003.png',
        151,
    ),
}


@pytest.mark.parametrize('name', LABELS)
def test_a_label_that_is_no_class_is_named(data_root, name):
    path, label = LABELS[name]
    labels = np.array(Image.open(data_root / path))
    labels[3, 4] = label
    Image.fromarray(labels).save(data_root / path)
    where, error, _ = only_problem_of(data_root, name)
    assert (where, error) == (path, f'has the label {label}, which is no class')
    labels[3, 4] = label - 1  # the last class
    Image.fromarray(labels).save(data_root / path)
    assert problems_of(data_root, name) == []


@pytest.mark.parametrize('name', LABELS)
def test_label_images_of_another_size_are_named(data_root, name):
    path, _ = LABELS[name]
    Image.open(data_root / path).resize((50, 40), 0).save(data_root / path)
    where, error, _ = only_problem_of(data_root, name)
    assert where == path
    assert error.startswith('says 50x40 pixels of ')


@pytest.mark.parametrize('name', LABELS)
def test_coloured_label_images_are_named(data_root, name):
    path, _ = LABELS[name]
    Image.open(data_root / path).convert('RGB').save(data_root / path)
    where, error, _ = only_problem_of(data_root, name)
    assert (where, error[:11]) == (path, 'has colours')


@pytest.mark.parametrize('kept', [0, 20, 100])
def test_damaged_label_images_are_named(data_root, kept):
    path = data_root / LABELS['ade20k'][0]
    path.write_bytes(path.read_bytes()[:kept])
    where, error, _ = only_problem_of(data_root, 'ade20k')
    assert (where, error) == (LABELS['ade20k'][0], 'cannot be read')


def test_a_damaged_image_is_named(data_root):
    path = data_root / 'ade/ADEChallengeData2016/images/training/ADE_train_00000003.jpg'
    path.write_bytes(b'')
    where, error, _ = only_problem_of(data_root, 'ade20k')
    assert where == LABELS['ade20k'][0]
    assert error == f"belongs to '{path}', which cannot be read"
