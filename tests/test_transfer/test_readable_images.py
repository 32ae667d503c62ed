"""All images of a benchmark can be checked before the first step."""

import pytest
from mmengine.config import Config

from setsim_mm.transfer.readable_images import require_readable_images
from setsim_mm.transfer.wrapped_data import LOADERS, wrap_datasets
from setsim_mm.utils import UserError

from .damage import coco_config, cut, seg_config, write_coco
from .tiny_voc import write_tiny_voc


def config(train: dict, val: dict, scope: str = 'mmdet') -> Config:
    return Config(
        dict(
            default_scope=scope,
            train_dataloader=dict(dataset=train),
            val_dataloader=dict(dataset=val),
            test_dataloader=dict(dataset=val),
        )
    )


def sentence_for(cfg: Config, *place: int) -> str:
    with pytest.raises(UserError) as caught:
        require_readable_images(cfg, LOADERS, *place)
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def two(tmp_path) -> Config:
    """A config with four training and four validation images."""
    train, val = (coco_config(write_coco(tmp_path / name)) for name in ('train', 'val'))
    return config(dict(type='RepeatDataset', times=3, dataset=train), val)


@pytest.mark.parametrize('wrapped', [False, True])
def test_intact_images_pass(wrapped, two):
    if wrapped:
        wrap_datasets(two)
    require_readable_images(two, LOADERS)


def test_damaged_images_of_every_part_are_named(two, tmp_path):
    bad = [cut(tmp_path / f'{part}/images/2.jpg') for part in ('train', 'val')]

    sentence = sentence_for(two)

    assert '2 of the 8 images' in sentence
    assert all(str(path) in sentence for path in bad)


def test_the_error_has_the_number_and_three_names(two, tmp_path):
    for path in (tmp_path / 'train' / 'images').iterdir():
        cut(path)
    sentence = sentence_for(two)
    assert '4 of the 8 images' in sentence and sentence.count('.jpg') == 3


def test_processes_share_the_files(two, tmp_path):
    bad = cut(tmp_path / 'train/images/2.jpg')  # the third of eight
    assert str(bad) in sentence_for(two, 0, 2)
    require_readable_images(two, LOADERS, 1, 2)


def test_label_images_are_checked(tmp_path):
    write_tiny_voc(tmp_path)
    bad = cut(tmp_path / 'VOCdevkit/VOC2012/SegmentationClass/b.png', 100)
    dataset = seg_config(tmp_path)
    assert str(bad) in sentence_for(config(dataset, dataset, 'mmseg'))


def test_only_the_given_loaders_are_checked(two, tmp_path):
    cut(tmp_path / 'train/images/2.jpg')
    require_readable_images(two, ['test_dataloader'])
