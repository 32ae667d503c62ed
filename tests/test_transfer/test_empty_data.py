"""Errors for empty data sets name what the config asks for and what exists."""

import json
from pathlib import Path

import pytest
from mmengine.registry import DATASETS

from setsim_mm.transfer.empty_data import build_dataset, explain_empty
from setsim_mm.utils import UserError

from .conftest import in_mmseg
from .damage import coco_config, seg_config, voc_config, write_coco, write_images
from .tiny_voc import write_tiny_voc

pytestmark = pytest.mark.usefixtures('scope')
FILTER = dict(filter_empty_gt=True, min_size=32)


def sentence_for(config: dict) -> str:
    """Return the error of a data set, which is one line."""
    with pytest.raises(UserError) as caught:
        build_dataset(config)
    sentence = str(caught.value)
    assert '\n' not in sentence
    return sentence


def rename_categories(file: Path, **names: str) -> None:
    content = json.loads(file.read_text())
    for category in content['categories']:
        category['name'] = names.get(category['name'], category['name'])
    file.write_text(json.dumps(content))


def test_the_error_of_mmengine_does_not_help(tmp_path):
    """The error that is replaced."""
    write_coco(tmp_path, category='Cat')
    config = coco_config(tmp_path, metainfo=dict(classes=('cat',)), filter_cfg=FILTER)
    with pytest.raises(ValueError, match='need at least one array'):
        DATASETS.build(config)


def test_coco_classes_in_another_case(tmp_path):
    write_coco(tmp_path, category='Cat')
    classes = dict(classes=('cat', 'horse'))
    config = coco_config(tmp_path, metainfo=classes, filter_cfg=FILTER)

    sentence = sentence_for(config)

    assert explain_empty(config) == sentence
    for part in (str(tmp_path / 'train.json'), "'cat', 'horse'", "'Cat', 'dog'"):
        assert part in sentence
    assert "did you mean 'Cat'?" in sentence


@pytest.mark.parametrize('spelt', ['Traffic-Light', 'traffic_light', 'TRAFFIC LIGHT'])
def test_a_coco_class_with_another_spelling_is_an_error(spelt, tmp_path):
    """mmdet numbers only the classes that it finds, so all labels would shift."""
    write_coco(tmp_path)
    rename_categories(tmp_path / 'train.json', cat=spelt)
    classes = dict(classes=('traffic light', 'dog'))

    sentence = sentence_for(coco_config(tmp_path, metainfo=classes))

    assert "'traffic light'" in sentence and f'did you mean {spelt!r}?' in sentence


def test_coco_without_any_class_asked_for_is_an_error_in_evaluations_too(tmp_path):
    write_coco(tmp_path)
    classes = dict(classes=('horse',))
    sentence = sentence_for(coco_config(tmp_path, metainfo=classes, test_mode=True))
    assert "'horse'" in sentence and "'cat', 'dog'" in sentence
    assert 'did you mean' not in sentence


def test_a_coco_file_may_lack_a_class(tmp_path):
    write_coco(tmp_path)
    classes = dict(classes=('cat', 'dog', 'horse'))
    assert len(build_dataset(coco_config(tmp_path, metainfo=classes))) == 4


def test_a_filter_that_removes_every_small_image(tmp_path):
    write_coco(tmp_path, side=24)
    sentence = sentence_for(coco_config(tmp_path, filter_cfg=FILTER))
    assert 'all of its 4 images' in sentence and 'min_size=32' in sentence
    assert 'no object' not in sentence


def test_a_filter_that_removes_images_without_annotation(tmp_path):
    write_coco(tmp_path)
    content = json.loads((tmp_path / 'train.json').read_text())
    (tmp_path / 'train.json').write_text(json.dumps(dict(content, annotations=[])))
    sentence = sentence_for(coco_config(tmp_path, filter_cfg=FILTER))
    assert '4 have no object' in sentence and 'did you mean' not in sentence


def test_coco_without_images(tmp_path):
    write_coco(tmp_path, 0)
    sentence = sentence_for(coco_config(tmp_path))
    assert str(tmp_path / 'train.json') in sentence and 'names no image' in sentence


def test_samples_that_are_not_serialised(tmp_path):
    """mmengine raises no error then."""
    write_coco(tmp_path, 0)
    assert 'names no image' in sentence_for(coco_config(tmp_path, serialize_data=False))


def test_voc_classes_in_another_case(tmp_path):
    write_tiny_voc(tmp_path)
    config = voc_config(
        tmp_path, metainfo=dict(classes=('Cat', 'DOG')), filter_cfg=FILTER
    )
    sentence = sentence_for(config)
    for part in ('VOC2007/ImageSets/Main/trainval.txt', "'Cat', 'DOG'", "'cat'"):
        assert part in sentence
    assert "did you mean 'cat'?" in sentence


def test_voc_images_with_another_suffix(tmp_path):
    write_tiny_voc(tmp_path)
    folder = tmp_path / 'VOCdevkit' / 'VOC2007' / 'JPEGImages'
    for image in folder.iterdir():
        image.rename(image.with_suffix('.png'))

    sentence = sentence_for(voc_config(tmp_path))

    for part in (str(folder), "'a.jpg'", '*.png', '*.jpg only'):
        assert part in sentence


def test_an_empty_list(tmp_path):
    list_file = 'VOCdevkit/VOC2007/ImageSets/Main/trainval.txt'
    (write_tiny_voc(tmp_path) / list_file).write_text('')
    assert list_file in sentence_for(voc_config(tmp_path))


@in_mmseg
def test_mmseg_images_with_another_suffix(tmp_path):
    write_tiny_voc(tmp_path)
    sentence = sentence_for(seg_config(tmp_path, img_suffix='.JPG'))
    folder = tmp_path / 'VOCdevkit' / 'VOC2012'
    images, labels = (
        str(folder / name) for name in ('JPEGImages', 'SegmentationClass')
    )
    for part in (images, labels, '*.JPG', '*.jpg', '*.png', 'img_suffix'):
        assert part in sentence


@in_mmseg
def test_mmseg_images_with_another_suffix_in_a_list(tmp_path):
    write_tiny_voc(tmp_path)
    config = seg_config(
        tmp_path, img_suffix='.png', ann_file='ImageSets/Segmentation/train.txt'
    )
    sentence = sentence_for(config)
    for part in ("'a.png'", '*.jpg', 'img_suffix', 'Segmentation/train.txt'):
        assert part in sentence
    assert explain_empty(config) is None  # it has samples, whose files are missing


@in_mmseg
def test_mmseg_label_images_with_another_suffix(tmp_path):
    write_tiny_voc(tmp_path)
    sentence = sentence_for(seg_config(tmp_path, seg_map_suffix='_labels.png'))
    folder = tmp_path / 'VOCdevkit' / 'VOC2012' / 'SegmentationClass'
    for part in (str(folder), 'a_labels.png', "'a.png'", 'seg_map_suffix'):
        assert part in sentence


@in_mmseg
def test_label_images_that_no_transform_reads_may_be_missing(tmp_path):
    write_images(tmp_path / 'images', ['a.jpg'])
    config = dict(
        type='BaseSegDataset',
        data_root=str(tmp_path),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        pipeline=[dict(type='LoadImageFromFile')],
    )
    assert len(build_dataset(config)) == 1


@in_mmseg
def test_a_missing_folder_is_another_error(tmp_path):
    write_images(tmp_path, ['a.jpg'])
    with pytest.raises(FileNotFoundError, match='nowhere'):
        build_dataset(seg_config(tmp_path, data_prefix=dict(img_path='nowhere')))


def test_data_sets_in_data_sets(tmp_path):
    write_coco(tmp_path / 'good')
    write_coco(tmp_path / 'bad', category='Cat')
    good, bad = (
        coco_config(tmp_path / name, metainfo=dict(classes=('cat',)), filter_cfg=FILTER)
        for name in ('good', 'bad')
    )
    joined = dict(type='ConcatDataset', datasets=[good, bad])
    repeated = dict(type='RepeatDataset', times=2, dataset=joined)

    assert explain_empty(good) is None
    assert str(tmp_path / 'bad' / 'train.json') in explain_empty(repeated)
    assert sentence_for(repeated) == explain_empty(repeated)


def test_one_missing_image_of_many_is_no_error(tmp_path):
    write_coco(tmp_path)
    (tmp_path / 'images' / '0.jpg').unlink()
    assert len(build_dataset(coco_config(tmp_path))) == 4
