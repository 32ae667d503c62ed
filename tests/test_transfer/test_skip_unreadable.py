"""Damaged files of fine-tuning data are logged, counted and replaced."""

import logging
from collections.abc import Iterator

import pytest
import torch
from mmengine.logging import MMLogger
from PIL import Image
from torch.utils.data import DataLoader

from setsim_mm.datasets import TooManyUnreadableImages, UnreadableImageError

from .conftest import in_mmseg
from .damage import coco_config, cut, seg_config, write_coco
from .skipping import build, images_taken
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
