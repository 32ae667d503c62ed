import json

import numpy as np
import pytest
from mmdet.datasets.api_wrappers import COCO

from setsim_mm.transfer.layouts.class_names import COCO_CATEGORIES
from toy.coco import coco_scenes, outline, run_lengths

from .base_configs import base_config, build


@pytest.fixture(scope='module')
def config(toy_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp('config')
    name = 'mmdet::_base_/datasets/coco_instance.py'
    return base_config(name, toy_data.root, folder)


def parts(toy_data):
    return (('train2017', toy_data.num_train), ('val2017', toy_data.num_val))


def test_mmdetection_reads_boxes_masks_and_classes(config, toy_data):
    dataset = build('mmdet', config.val_dataloader.dataset)
    scenes = coco_scenes('val2017', toy_data.num_val, toy_data.seed)
    assert len(dataset) == len(scenes)
    for sample, scene in zip(dataset, scenes, strict=True):
        sample = sample['data_samples']
        for instances, crowd in (
            (sample.gt_instances, False),
            (sample.ignored_instances, True),
        ):
            objects = [item for item in scene.objects if item.crowd == crowd]
            assert len(instances) == len(objects)
            for instance, item in zip(instances, objects, strict=True):
                (label,) = instance.labels.tolist()
                assert dataset.metainfo['classes'][label] == item.kind
                assert instance.bboxes.tensor.tolist() == [list(item.box)]
                np.testing.assert_array_equal(instance.masks.to_ndarray()[0], item.mask)


def test_mmdetection_trains_on_every_image(config, toy_data):
    dataset = build('mmdet', config.train_dataloader.dataset)
    scenes = coco_scenes('train2017', toy_data.num_train, toy_data.seed)
    assert len(dataset) == len(scenes)
    for sample, scene in zip(dataset, scenes, strict=True):
        seen = len(sample['data_samples'].gt_instances)
        assert seen == sum(not item.crowd for item in scene.objects) > 0


def test_annotations_agree_with_the_scenes_in_cocos_own_tools(toy_data):
    ids = set()
    for part, number in parts(toy_data):
        coco = COCO(str(toy_data.root / f'coco/annotations/instances_{part}.json'))
        scenes = coco_scenes(part, number, toy_data.seed)
        assert not ids & set(coco.anns)
        ids |= set(coco.anns)
        crowds = 0
        for image_id, scene in zip(coco.get_img_ids(), scenes, strict=True):
            annotations = coco.load_anns(coco.get_ann_ids(img_ids=[image_id]))
            for annotation, item in zip(annotations, scene.objects, strict=True):
                mask = coco.annToMask(annotation)
                np.testing.assert_array_equal(mask, item.mask)
                assert annotation['area'] == mask.sum()
                assert annotation['iscrowd'] == item.crowd
                assert isinstance(annotation['segmentation'], dict) == item.crowd
                crowds += item.crowd
        assert crowds > 0


def test_categories_are_those_of_the_package(config, toy_data):
    dataset = build('mmdet', config.val_dataloader.dataset)
    assert tuple(COCO_CATEGORIES.values()) == dataset.metainfo['classes']
    assert dataset.cat_ids == list(COCO_CATEGORIES)
    assert (len(COCO_CATEGORIES), COCO_CATEGORIES[90]) == (80, 'toothbrush')
    path = toy_data.root / 'coco/annotations/instances_val2017.json'
    category = json.loads(path.read_text())['categories'][2]
    assert category == dict(supercategory='vehicle', id=3, name='car')


def test_outline_of_a_mask_by_hand():
    mask = np.zeros((4, 5), bool)
    mask[1, 2] = mask[2, 1:4] = True
    corners = np.reshape(outline(mask), (-1, 2)).tolist()
    right = [[2, 1], [2, 2], [1, 2], [1, 3]]
    assert corners == [*right, [4, 3], [4, 2], [3, 2], [3, 1]]


@pytest.mark.parametrize(
    ('mask', 'counts'),
    [
        ([[0, 1], [0, 1]], [2, 2]),
        ([[1, 0], [0, 1]], [0, 1, 2, 1]),
        ([[0, 1], [1, 0]], [1, 2, 1]),
        ([[0, 0], [0, 0]], [4]),
        ([[1, 1], [1, 1]], [0, 4]),
    ],
)
def test_run_lengths_by_hand(mask, counts):
    assert run_lengths(np.array(mask, bool)) == dict(counts=counts, size=[2, 2])
