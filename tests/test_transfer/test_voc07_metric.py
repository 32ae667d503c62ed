"""VOC 2007's AP in cases by hand, and against an independent implementation."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from mmdet.models.utils.misc import samplelist_boxtype2tensor
from mmengine.registry import DATASETS, DefaultScope
from mmengine.structures import InstanceData

from setsim_mm.transfer.voc07_metric import VOC07Metric

from .damage import voc_config
from .tiny_voc import write_tiny_voc
from .voc07_reference import Detection, Object, reference_ap

BOX, OTHER = (0, 0, 9, 9), (20, 20, 29, 29)  # 10 x 10 pixels, as mmdet has them
CLASSES = ('cat', 'dog', 'cow')


def instances(labels, boxes, **more):
    return dict(
        labels=torch.tensor(labels, dtype=torch.long),
        bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        **{name: torch.tensor(values) for name, values in more.items()},
    )


def sample_of(objects, detections):
    """Return an image as mmdet loads it: 1 is subtracted from VOC's coordinates."""
    plain, difficult = (
        instances(
            [o.label for o in objects if o.difficult == kind],
            [[x - 1 for x in o.box] for o in objects if o.difficult == kind],
        )
        for kind in (False, True)
    )
    found = instances(
        [d.label for d in detections],
        [d.box for d in detections],
        scores=[d.score for d in detections],
    )
    return dict(gt_instances=plain, ignored_instances=difficult, pred_instances=found)


def measured(images, classes=('cat',)):
    """Return AP, AP50 and AP75 of the metric, and compare them with the reference."""
    metric = VOC07Metric()
    metric.dataset_meta = dict(classes=classes)
    for objects, detections in images:
        metric.process({}, [sample_of(objects, detections)])
    values = metric.evaluate(len(images))
    assert list(values) == ['voc07/AP', 'voc07/AP50', 'voc07/AP75']
    values = pytest.approx(tuple(values.values()), abs=1e-12)
    assert reference_ap(images, len(classes)) == values
    return values


def there(*boxes, label=0, difficult=False):
    return [Object(label, difficult, tuple(x + 1 for x in box)) for box in boxes]


def found(*boxes, scores=(0.9, 0.8, 0.7), label=0):
    return [
        Detection(label, score, box) for box, score in zip(boxes, scores, strict=False)
    ]


def test_all_found():
    assert measured([(there(BOX, OTHER), found(OTHER, BOX))]) == (1, 1, 1)


def test_a_hit_overlaps_by_more_than_the_threshold():
    """IoU 0.5 is no hit at 0.5. IoU 0.8 is one at 0.50, ..., 0.75: at 6 of 10."""
    assert measured([(there(BOX), found((0, 0, 9, 4)))]) == (0, 0, 0)
    assert measured([(there(BOX), found((0, 0, 9, 7)))]) == (0.6, 1, 1)


def test_the_last_pixel_belongs_to_a_box():
    """2 of 3 pixels: a hit at 0.50, 0.55, 0.60 and 0.65. As lengths, 1 of 2 is none."""
    assert measured([(there((0, 0, 2, 0)), found((0, 0, 1, 0)))]) == (0.4, 1, 0)


def test_a_miss_before_the_hit_halves_precision():
    assert measured([(there(BOX), found(OTHER, BOX))]) == (0.5, 0.5, 0.5)


def test_half_found_reaches_six_of_eleven_recalls_unrounded():
    assert measured([(there(BOX, OTHER), found(BOX))]) == (6 / 11, 6 / 11, 6 / 11)


@pytest.mark.parametrize(
    ('hits', 'recalls'), [(1, 2), (2, 3), (3, 3), (5, 6), (6, 6), (7, 7), (8, 9)]
)
def test_three_recalls_are_slightly_larger_than_tenths(hits, recalls):
    """3/10 is less than 3 times 0.1 in floating point, and so are 6/10 and 7/10."""
    boxes = [(20 * i, 0, 20 * i + 9, 9) for i in range(10)]
    detections = found(*boxes[:hits], scores=[0.9] * hits)
    assert measured([(there(*boxes), detections)]) == (recalls / 11,) * 3


def test_second_detection_of_an_object_is_a_miss():
    """Precision 1 up to the recall of 0.5, then 2/3."""
    ap = (6 + 5 * 2 / 3) / 11
    assert measured([(there(BOX, OTHER), found(BOX, BOX, OTHER))]) == (ap, ap, ap)


def test_a_detection_belongs_to_the_object_with_the_largest_iou():
    """The second has IoU 0.75 with a free object and 10/11 with the detected one."""
    objects = there(BOX, (2, 0, 11, 9))
    detections = found(BOX, (0, 0, 10, 9))
    assert measured([(objects, detections)]) == (6 / 11, 6 / 11, 6 / 11)


def test_difficult_objects_are_neither_hits_nor_misses():
    """Even if it is detected twice, before the other object."""
    objects = there(BOX) + there(OTHER, difficult=True)
    assert measured([(objects, found(OTHER, OTHER, BOX))]) == (1, 1, 1)
    assert measured([(objects, found(BOX))]) == (1, 1, 1)


def test_a_difficult_object_with_the_largest_iou_gets_the_detection():
    """The other object, with IoU 0.8, stays undetected."""
    objects = there((0, 0, 9, 7)) + there(BOX, difficult=True)
    assert measured([(objects, found(BOX))]) == (0, 0, 0)


def test_a_small_detection_inside_a_difficult_object_is_a_miss():
    objects = there(BOX) + there(OTHER, difficult=True)
    inside = (22, 22, 24, 24)
    assert measured([(objects, found(inside, BOX))]) == (0.5, 0.5, 0.5)


def test_images_and_classes_are_separate():
    """The cat is found. The dog's detection is at the place of the cat."""
    first = (there(BOX), found(BOX))
    second = (there(OTHER, label=1), found(BOX, label=1))
    assert measured([first, second], CLASSES[:2]) == (0.5, 0.5, 0.5)


def test_scores_have_three_decimals():
    """0.9004 equals 0.9001, whose image comes first."""
    images = [
        ([], found(OTHER, scores=[0.9001])),
        (there(BOX), found(BOX, scores=[0.9004])),
    ]
    assert measured(images) == (0.5, 0.5, 0.5)
    images[1] = (there(BOX), found(BOX, scores=[0.9006]))
    assert measured(images) == (1, 1, 1)


def test_coordinates_have_one_decimal():
    """5.04 of 10 pixels are rounded to 5.0, an IoU of 0.5 and a miss; 5.06 to 5.1."""
    assert measured([(there(BOX), found((0, 0, 9, 4.04)))]) == (0, 0, 0)
    assert measured([(there(BOX), found((0, 0, 9, 4.06)))]) == (0.1, 1, 0)


def test_a_class_without_objects_counts_with_zero():
    """detectron2 reports 0 for a class without objects."""
    images = [(there(BOX), found(BOX) + found(OTHER, label=1))]
    assert measured(images, CLASSES[:2]) == (0.5, 0.5, 0.5)
    assert measured([(there(BOX, difficult=True), found(BOX))]) == (0, 0, 0)


def test_nothing_found_is_zero():
    assert measured([(there(BOX), [])]) == (0, 0, 0)


def random_image(rng):
    """Crowded objects on a small grid, and detections near them, with equal scores."""
    objects, detections = [], []
    for _ in range(rng.integers(0, 6)):
        x, y = rng.integers(1, 20, 2)
        width, height = rng.integers(3, 14, 2)
        label = int(rng.integers(len(CLASSES)))
        box = tuple(map(int, (x, y, x + width, y + height)))
        objects.append(Object(label, bool(rng.random() < 0.3), box))
        for _ in range(rng.integers(0, 4)):
            shifted = np.array(box) - 1 + rng.normal(0, 0.8, 4).round(rng.integers(3))
            if rng.random() < 0.1:
                label = int(rng.integers(len(CLASSES)))
            score = float(rng.choice([0.5, 0.7004, 0.7001, 0.7]) + rng.integers(2) / 9)
            detections.append(
                Detection(label, score, tuple(map(float, np.float32(shifted))))
            )
    # In mmdet's samples the difficult objects come last.
    return sorted(objects, key=lambda o: o.difficult), detections


@pytest.mark.parametrize('seed', range(30))
def test_random_detections_as_detectron2(seed):
    rng = np.random.default_rng(seed)
    images = [random_image(rng) for _ in range(rng.integers(1, 25))]
    measured(images, CLASSES)


def test_random_detections_have_hits_and_misses():
    rng = np.random.default_rng(0)
    images = [random_image(rng) for _ in range(50)]
    ap, ap50, ap75 = reference_ap(images, len(CLASSES))
    assert 0.1 < ap75 < ap50 < 0.9 and ap75 != ap


def test_boxes_from_vocs_files_through_mmdet(tmp_path):
    """The reference and mmdet read the boxes of the XML files."""
    data = write_tiny_voc(tmp_path)
    config = voc_config(data, metainfo=dict(classes=('cat', 'dog')), test_mode=True)
    config['pipeline'] = [
        step for step in config['pipeline'] if step['type'] != 'Resize'
    ]
    with DefaultScope.overwrite_default_scope('mmdet'):
        dataset = DATASETS.build(config)
    metric, images = VOC07Metric(), []
    metric.dataset_meta = dataset.metainfo
    for number in range(len(dataset)):
        sample = dataset[number]['data_samples']
        tree = ET.parse(dataset.get_data_info(number)['xml_path'])
        objects = [
            Object(
                ('cat', 'dog').index(item.findtext('name')),
                item.findtext('difficult') == '1',
                tuple(int(side.text) for side in item.find('bndbox')),
            )
            for item in tree.iter('object')
        ]
        # 26 of 31 or 42 columns, in mmdet's pixels.
        boxes = [(x1 - 1, y1 - 1, x1 + 24, y2 - 1) for _, _, (x1, y1, _, y2) in objects]
        detections = [
            Detection(o.label, 0.9, box) for o, box in zip(objects, boxes, strict=True)
        ]
        images.append((objects, detections))
        predicted = sample_of([], detections)['pred_instances']
        sample.pred_instances = InstanceData(**predicted)
        samplelist_boxtype2tensor([sample])  # as mmdet's data_preprocessor does
        metric.process({}, [sample.to_dict()])

    values = list(metric.evaluate(len(dataset)).values())

    # 26 of 31 columns, 0.839, of the one cat that is not difficult: 7 of 10 IoUs.
    # 26 of 42, 0.619, of the dogs: 3 of 10.
    assert values == pytest.approx([0.5, 1, 0.5], abs=1e-12)
    assert reference_ap(images, 2) == pytest.approx(values, abs=1e-12)
