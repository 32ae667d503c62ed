"""Damaged files of fine-tuning data are logged, counted and replaced."""

import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import DefaultSampler
from mmengine.logging import MMLogger
from mmengine.registry import DATA_SAMPLERS, DATASETS
from PIL import Image
from torch.utils.data import DataLoader

from setsim_mm.datasets import TooManyUnreadableImages, UnreadableImageError
from setsim_mm.transfer.skip_unreadable import SkipUnreadable
from setsim_mm.transfer.wrapped_data import wrap_datasets

from .conftest import in_mmseg
from .damage import coco_config, cut, seg_config, voc_config, write_coco
from .tiny_voc import write_tiny_voc

pytestmark = pytest.mark.usefixtures('scope')


@pytest.fixture
def logged() -> Iterator[list[str]]:
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = MMLogger.get_instance('skip')
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)


def build(config: dict, share: float | None = 0.5, **arguments: Any) -> Any:
    return DATASETS.build(
        dict(
            type='mmselfsup.SkipUnreadable',
            dataset=config,
            max_unreadable_share=share,
            **arguments,
        )
    )


def images_taken(dataset: Any, times: int = 1) -> list[str]:
    """Return the file names of all samples."""
    return [
        Path(dataset[idx]['data_samples'].img_path).name
        for _ in range(times)
        for idx in range(len(dataset))
    ]


def test_a_truncated_jpeg_is_logged_once_and_replaced(tmp_path, logged):
    bad = str(cut(write_coco(tmp_path, 6) / 'images' / '2.jpg'))
    dataset = build(coco_config(tmp_path))

    taken = images_taken(dataset, times=3)

    assert len(taken) == 18 and '2.jpg' not in taken
    assert taken[:2] == ['0.jpg', '1.jpg'] and taken[3:6] == ['3.jpg', '4.jpg', '5.jpg']
    assert dataset.num_unreadable == 1
    assert dataset.unreadable_images() == [bad]
    (message,) = logged
    assert bad in message and '\n' not in message


@in_mmseg
@pytest.mark.parametrize(
    'file', ['JPEGImages/b.jpg', 'SegmentationClass/b.png', 'missing label']
)
def test_label_images_count_as_well(file, tmp_path, logged):
    root = write_tiny_voc(tmp_path) / 'VOCdevkit' / 'VOC2012'
    if file == 'missing label':
        bad = root / 'SegmentationClass' / 'b.png'
        bad.unlink()
    else:
        bad = cut(root / file, 100)
    dataset = build(seg_config(tmp_path))

    assert 'b.jpg' not in images_taken(dataset, times=2)
    assert dataset.unreadable_images() == [str(root / 'JPEGImages' / 'b.jpg')]
    assert len(logged) == 1 and str(bad) in logged[0]


@in_mmseg
def test_a_png_that_only_opencv_cannot_read_is_skipped(tmp_path):
    """PIL reads a PNG file whose last bytes are missing."""
    root = write_tiny_voc(tmp_path) / 'VOCdevkit' / 'VOC2012' / 'JPEGImages'
    for path in root.glob('*.jpg'):
        Image.open(path).save(path.with_suffix('.png'))
    bad = cut(root / 'c.png', 4)
    dataset = build(seg_config(tmp_path, img_suffix='.png'))

    assert 'c.png' not in images_taken(dataset)
    assert dataset.unreadable_images() == [str(bad)]


def test_an_error_that_no_file_causes_is_raised_unchanged(tmp_path):
    def broken(results: dict) -> dict:
        raise ZeroDivisionError('a bug')

    write_coco(tmp_path)
    dataset = build(coco_config(tmp_path))
    dataset.pipeline.transforms.append(broken)

    with pytest.raises(ZeroDivisionError, match='a bug'):
        dataset[0]
    assert dataset.num_unreadable == 0


def test_a_sample_that_the_pipeline_rejects_is_replaced(tmp_path):
    """The replacement may be damaged itself."""
    cut(write_coco(tmp_path, 3) / 'images' / '1.jpg')
    dataset = build(coco_config(tmp_path))
    dataset.pipeline.transforms.insert(
        0, lambda results: None if results['img_id'] == 0 else results
    )

    assert set(images_taken(dataset, times=10)) == {'2.jpg'}
    assert dataset.record.unreadable_indices() == [1]


def test_a_pipeline_that_passes_nothing_does_not_hang(tmp_path):
    write_coco(tmp_path)
    dataset = build(coco_config(tmp_path))
    dataset.pipeline.transforms[:] = [lambda results: None]

    with pytest.raises(RuntimeError, match='1000 samples'):
        dataset[0]


def test_too_many_stop_the_training(tmp_path):
    write_coco(tmp_path, 12)
    for number in (3, 7):
        cut(tmp_path / 'images' / f'{number}.jpg')
    dataset = build(coco_config(tmp_path), share=0.05)

    with pytest.raises(TooManyUnreadableImages) as caught:
        images_taken(dataset)

    message = str(caught.value)
    assert 'max_unreadable_share=0.05' in message and '7.jpg' in message
    assert dataset.num_unreadable == 2


def test_no_readable_image_stops_with_any_share(tmp_path):
    write_coco(tmp_path, 2)
    for path in (tmp_path / 'images').iterdir():
        cut(path)
    with pytest.raises(TooManyUnreadableImages):
        build(coco_config(tmp_path), share=1.0)[0]


def test_an_evaluation_replaces_nothing(tmp_path):
    bad = cut(write_coco(tmp_path) / 'images' / '2.jpg')
    for test_mode in (True, False):  # mmseg's evaluations leave it off
        dataset = build(coco_config(tmp_path, test_mode=test_mode), share=None)
        dataset[1]

        with pytest.raises(UnreadableImageError) as caught:
            dataset[2]

        assert str(bad) in str(caught.value) and '\n' not in str(caught.value)


def test_the_same_seed_draws_the_same_samples(tmp_path):
    cut(write_coco(tmp_path, 6) / 'images' / '2.jpg')
    dataset = build(coco_config(tmp_path))

    def taken(seed: int) -> list[str]:
        torch.manual_seed(seed)
        return [dataset[2]['data_samples'].img_path for _ in range(8)]

    assert taken(0) == taken(0)
    assert taken(0) != taken(1)


@pytest.mark.parametrize(('context', 'workers'), [('fork', 2), ('spawn', 1)])
def test_workers_count_together(context, workers, tmp_path):
    cut(write_coco(tmp_path, 6) / 'images' / '2.jpg')
    dataset = build(coco_config(tmp_path))
    loader = DataLoader(
        dataset,
        num_workers=workers,
        collate_fn=list,
        multiprocessing_context=context,
        persistent_workers=True,
    )
    for _ in range(2):
        paths = [batch[0]['data_samples'].img_path for batch in loader]
        assert len(paths) == 6 and not any(p.endswith('/2.jpg') for p in paths)
    assert dataset.num_unreadable == 1
    assert dataset.record.num_seen == 6


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
