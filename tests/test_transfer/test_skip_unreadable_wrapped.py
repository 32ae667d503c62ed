"""Data sets that skip unreadable files, beside samplers and other wrappers."""

import pickle

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import DefaultSampler
from mmengine.registry import DATA_SAMPLERS, DATASETS

from setsim_mm.datasets import TooManyUnreadableImages
from setsim_mm.transfer.skip_unreadable import SkipUnreadable
from setsim_mm.transfer.wrapped_data import wrap_datasets

from .damage import coco_config, cut, voc_config, write_coco
from .skipping import build, images_taken
from .tiny_voc import write_tiny_voc

pytestmark = pytest.mark.usefixtures('scope')


def test_attributes_of_the_inner_data_set_are_available(tmp_path):
    write_coco(tmp_path)
    dataset = build(coco_config(tmp_path))

    assert len(dataset) == 4
    assert dataset.metainfo['classes'] == ('cat', 'dog')
    assert dataset.get_cat_ids(1) == [0]
    dataset.pipeline = print  # as mmdet's PipelineSwitchHook does
    assert dataset.dataset.pipeline is print
    copied = pickle.loads(pickle.dumps(dataset))
    assert copied.get_data_info(3)['img_id'] == 3
    assert not hasattr(dataset, '__getitems__')
    with pytest.raises(AttributeError, match='nothing_like_it'):
        _ = dataset.nothing_like_it
    with pytest.raises(IndexError):
        dataset[4]


def test_mmdets_batch_sampler_asks_for_sizes(tmp_path):
    write_coco(tmp_path)
    dataset = build(coco_config(tmp_path))
    sampler = DATA_SAMPLERS.build(
        dict(
            type='AspectRatioBatchSampler',
            sampler=DefaultSampler(dataset, shuffle=False),
            batch_size=2,
        )
    )
    assert list(sampler) == [[0, 1], [2, 3]]


def test_it_works_inside_and_outside_of_other_wrappers(tmp_path):
    cut(write_coco(tmp_path / 'one', 3) / 'images' / '1.jpg')
    write_coco(tmp_path / 'two', 3)
    one, two = (coco_config(tmp_path / name) for name in ('one', 'two'))
    joined = dict(type='ConcatDataset', datasets=[one, two])

    repeated = dict(type='RepeatDataset', times=2, dataset=joined)
    outside = SkipUnreadable(DATASETS.build(repeated), 0.5)
    assert outside.num_unreadable == 0
    assert len(images_taken(outside)) == 12
    assert outside.num_unreadable == 2  # the file is counted twice

    cfg = Config(dict(train_dataloader=dict(dataset=repeated)))
    cfg.max_unreadable_share = 0.5
    wrap_datasets(cfg)
    inside = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(images_taken(inside)) == 12
    assert [part.num_unreadable for part in inside.dataset.datasets] == [1, 0]


def test_images_of_a_mosaic_are_replaced(tmp_path):
    """The wrapper fetches several samples for one index."""
    cut(write_coco(tmp_path, 5) / 'images' / '2.jpg')
    leaf = coco_config(tmp_path)
    leaf['pipeline'] = leaf['pipeline'][:-1]
    mixed = dict(
        type='MultiImageMixDataset',
        dataset=leaf,
        pipeline=[dict(type='Mosaic', img_scale=(64, 64)), dict(type='PackDetInputs')],
    )
    cfg = Config(dict(train_dataloader=dict(dataset=mixed)))
    wrap_datasets(cfg)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    for _ in range(3):
        for idx in range(len(dataset)):
            assert dataset[idx]['inputs'].shape == (3, 128, 128)
    assert dataset.dataset.num_unreadable == 1


def test_an_outer_wrapper_raises_the_error_of_the_inner_one(tmp_path):
    cut(write_coco(tmp_path) / 'images' / '1.jpg')
    inner = dict(
        type='mmselfsup.SkipUnreadable',
        dataset=coco_config(tmp_path),
        max_unreadable_share=0.0,
    )
    outer = build(dict(type='RepeatDataset', times=2, dataset=inner), share=1.0)
    with pytest.raises(TooManyUnreadableImages):
        outer[1]


def test_a_share_above_one_is_an_error(tmp_path):
    with pytest.raises(ValueError, match='max_unreadable_share'):
        build(coco_config(write_coco(tmp_path)), share=1.5)


def test_voc_without_a_damaged_file_is_unchanged(tmp_path):
    write_tiny_voc(tmp_path)
    plain = DATASETS.build(voc_config(tmp_path))
    dataset = build(voc_config(tmp_path))

    for idx in range(len(plain)):
        assert torch.equal(dataset[idx]['inputs'], plain[idx]['inputs'])
