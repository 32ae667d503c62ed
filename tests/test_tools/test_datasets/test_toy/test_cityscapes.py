import json
import runpy
from pathlib import Path

import mmdet
import mmseg.datasets
import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.transfer.layouts.class_names import (
    CITYSCAPES_CATEGORIES,
    CITYSCAPES_IDS,
    CITYSCAPES_TRAIN_IDS,
)
from toy import cityscapes
from toy.cityscapes import cityscapes_scenes

from .base_configs import base_config, build

PARTS = ('train', 'val')


@pytest.fixture(scope='module')
def instances(toy_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp('config')
    name = 'mmdet::_base_/datasets/cityscapes_instance.py'
    return base_config(name, toy_data.root, folder)


@pytest.fixture(scope='module')
def scenes(toy_data):
    """The scenes of each part, in the order of their names."""
    numbers = (toy_data.num_train, toy_data.num_val)
    return {
        part: list(cityscapes_scenes(part, number, toy_data.seed).values())
        for part, number in zip(PARTS, numbers, strict=True)
    }


@pytest.fixture
def labels():
    """The labels of Cityscapes' own tools."""
    name = 'cityscapesscripts.helpers.labels'
    return pytest.importorskip(name, reason='needs cityscapesscripts').labels


def by_class(items):
    return sorted(items, key=lambda item: item[0])


def test_mmdetection_reads_boxes_and_masks(instances, scenes):
    dataset = build('mmdet', instances.val_dataloader.dataset)
    assert len(dataset) == len(scenes['val'])
    for sample, scene in zip(dataset, scenes['val'], strict=True):
        sample = sample['data_samples']
        for kept, crowd in (
            (sample.gt_instances, False),
            (sample.ignored_instances, True),
        ):
            # The files are ordered by id, the scene's objects by placement.
            expected = [
                (CITYSCAPES_IDS[item.kind], item)
                for item in scene.objects
                if item.crowd == crowd
            ]
            assert len(kept) == len(expected)
            for instance, (_, item) in zip(kept, by_class(expected), strict=True):
                (label,) = instance.labels.tolist()
                assert dataset.metainfo['classes'][label] == item.kind
                assert instance.bboxes.tensor.tolist() == [list(item.box)]
                np.testing.assert_array_equal(instance.masks.to_ndarray()[0], item.mask)


def test_mmdetection_trains_on_every_image(instances, scenes):
    dataset = build('mmdet', instances.train_dataloader.dataset)
    assert len(dataset) == 8 * len(scenes['train'])  # RepeatDataset
    assert len(dataset[0]['data_samples'].gt_instances) > 0


@pytest.mark.parametrize('part', PARTS)
def test_mmsegmentation_reads_the_train_ids(toy_data, scenes, tmp_path, part):
    name = 'mmseg::_base_/datasets/cityscapes_769x769.py'
    config = base_config(name, toy_data.root, tmp_path)
    dataset = config.val_dataloader.dataset
    dataset.data_prefix = dict(
        img_path=f'leftImg8bit/{part}', seg_map_path=f'gtFine/{part}'
    )
    dataset = build('mmseg', dataset)
    surfaces = {'sky': 'sky', 'building': 'building', 'road': 'road'}
    for sample, scene in zip(dataset, scenes[part], strict=True):
        classes = dataset.metainfo['classes']
        expected = np.full(scene.image.shape[:2], 255, np.uint8)
        for surface, name in surfaces.items():
            top, bottom = scene.bands[surface]
            expected[top:bottom] = classes.index(name)
        for item in scene.objects:
            expected[item.mask] = classes.index(item.kind)
        labels = sample['data_samples'].gt_sem_seg.data[0].numpy()
        np.testing.assert_array_equal(labels, expected)
        assert (labels == 255).any()


def test_mmsegmentation_crops_the_training_images(toy_data, tmp_path):
    name = 'mmseg::_base_/datasets/cityscapes_769x769.py'
    config = base_config(name, toy_data.root, tmp_path)
    dataset = build('mmseg', config.train_dataloader.dataset)
    assert len(dataset) == toy_data.num_train
    assert dataset[0]['inputs'].shape[1] <= 769


def test_classes_are_those_of_the_packages(instances):
    dataset = build('mmdet', instances.val_dataloader.dataset)
    classes = dataset.metainfo['classes']
    assert tuple(CITYSCAPES_CATEGORIES.values()) == classes
    segmented = mmseg.datasets.CityscapesDataset.METAINFO['classes']
    assert tuple(CITYSCAPES_TRAIN_IDS) == segmented


def test_labels_are_those_of_cityscapes_tools(labels):
    evaluated = {label.name: label for label in labels if not label.ignoreInEval}
    assert {n: label.id for n, label in evaluated.items()} == CITYSCAPES_IDS
    assert {n: label.trainId for n, label in evaluated.items()} == CITYSCAPES_TRAIN_IDS
    instances = {label.id: n for n, label in evaluated.items() if label.hasInstances}
    assert instances == CITYSCAPES_CATEGORIES
    colours = {label.id: label.color for label in labels}
    assert cityscapes.COLOURS.items() <= colours.items()
    assert {label.name: label.id for label in labels}['ego vehicle'] == (
        cityscapes.EGO_VEHICLE
    )


def test_cityscapes_tools_derive_the_same_label_images(toy_data, labels):
    from cityscapesscripts.helpers.annotation import Annotation
    from cityscapesscripts.preparation.json2instanceImg import createInstanceImage
    from cityscapesscripts.preparation.json2labelImg import createLabelImage

    paths = sorted(toy_data.root.glob('cityscapes/gtFine/*/*/*_polygons.json'))
    assert len(paths) == toy_data.num_train + toy_data.num_val
    for path in paths:
        polygons = Annotation()
        polygons.fromJsonFile(str(path))
        for suffix, derived in {
            'labelIds': createLabelImage(polygons, 'ids'),
            'labelTrainIds': createLabelImage(polygons, 'trainIds'),
            'color': createLabelImage(polygons, 'color'),
            'instanceIds': createInstanceImage(polygons, 'ids'),
        }.items():
            ours = str(path).replace('polygons.json', f'{suffix}.png')
            with Image.open(ours) as image:
                np.testing.assert_array_equal(image, derived, f'{path.name} {suffix}')


@pytest.mark.parametrize('part', PARTS)
def test_mmdetections_converter_derives_the_same_annotations(
    toy_data, labels, tmp_path, part
):
    converters = Path(mmdet.__file__).parent / '.mim/tools/dataset_converters'
    converter = runpy.run_path(str(converters / 'cityscapes.py'))
    root = toy_data.root / 'cityscapes'
    files = converter['collect_files'](
        str(root / 'leftImg8bit' / part), str(root / 'gtFine' / part)
    )
    images = converter['collect_annotations'](sorted(files))
    again = tmp_path / 'again.json'
    converter['cvt_annotations'](images, str(again))
    ours = root / f'annotations/instancesonly_filtered_gtFine_{part}.json'
    assert json.loads(ours.read_text()) == json.loads(again.read_text())


def test_a_perfect_prediction_gets_a_perfect_score(
    instances, labels, toy_data, tmp_path
):
    from mmdet.evaluation import CityScapesMetric

    dataset = build('mmdet', instances.val_dataloader.dataset)
    metric = CityScapesMetric(
        outfile_prefix=str(tmp_path / 'results'),
        seg_prefix=str(toy_data.root / 'cityscapes/gtFine/val'),
    )
    metric.dataset_meta = dataset.metainfo
    for sample in dataset:
        sample = sample['data_samples']
        truth = sample.gt_instances
        masks = torch.from_numpy(truth.masks.to_ndarray())
        predicted = dict(
            labels=truth.labels, masks=masks, scores=torch.ones(len(truth))
        )
        metric.process({}, [dict(img_path=sample.img_path, pred_instances=predicted)])
    scores = metric.evaluate(len(dataset))
    assert scores['cityscapes/mAP'] == pytest.approx(1)
    assert scores['cityscapes/AP@50'] == pytest.approx(1)
