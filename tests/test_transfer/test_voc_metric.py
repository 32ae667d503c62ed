"""COCO's AP in cases by hand."""

import math

import pytest
import torch

from setsim_mm.transfer.voc_metric import VOCBoxMetric

BOX, OTHER = [0, 0, 10, 10], [20, 20, 30, 30]


def instances(*boxes, scores=None, label=0):
    parts = dict(
        bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        labels=torch.full((len(boxes),), label),
    )
    if scores is not None:
        parts['scores'] = torch.tensor(scores)
    return parts


def measured(*samples, classes=('cat',)):
    metric = VOCBoxMetric()
    metric.dataset_meta = dict(classes=classes)
    metric.process({}, samples)
    values = metric.evaluate(len(samples))
    assert list(values) == [f'coco_style/bbox_mAP{at}' for at in ('', '_50', '_75')]
    return pytest.approx(list(values.values()))


def sample(found, there=(), difficult=None):
    return dict(
        pred_instances=found,
        gt_instances=there or instances(),
        ignored_instances=difficult or instances(),
    )


def test_all_found():
    found = instances(BOX, OTHER, scores=[0.9, 0.8])

    assert measured(sample(found, instances(BOX, OTHER))) == [1, 1, 1]


def test_a_box_with_iou_0_8_is_a_hit_at_seven_thresholds():
    """IoU 0.8 is a hit at 0.50, ..., 0.80."""
    found = instances([0, 0, 10, 8], scores=[0.9])

    assert measured(sample(found, instances(BOX))) == [0.7, 1, 1]


def test_miss_before_the_hit_halves_precision():
    found = instances(OTHER, BOX, scores=[0.9, 0.8])

    assert measured(sample(found, instances(BOX))) == [0.5, 0.5, 0.5]


def test_half_found():
    """Recall ends at 0.5, which 51 of the 101 points reach."""
    found = instances(BOX, scores=[0.9])

    assert measured(sample(found, instances(BOX, OTHER))) == [51 / 101] * 3


def test_difficult_objects_are_neither_hits_nor_misses():
    """Even if it is detected twice, before the other object."""
    found = instances(OTHER, OTHER, BOX, scores=[0.9, 0.8, 0.7])

    assert measured(sample(found, instances(BOX), instances(OTHER))) == [1, 1, 1]
    not_found = sample(instances(BOX, scores=[0.7]), instances(BOX), instances(OTHER))
    assert measured(not_found) == [1, 1, 1]


def test_a_small_detection_inside_a_difficult_object_is_a_miss():
    """For a crowd of COCO, it would not count."""
    inside = instances([22, 22, 25, 25], BOX, scores=[0.9, 0.8])

    assert measured(sample(inside, instances(BOX), instances(OTHER))) == [0.5] * 3


def test_images_and_classes_are_separate():
    first = sample(instances(BOX, scores=[0.9]), instances(BOX))
    # A detection at the place of the other image's object.
    second = sample(instances(BOX, scores=[0.8], label=1), instances(OTHER, label=1))

    assert measured(first, second, classes=('cat', 'dog')) == [0.5, 0.5, 0.5]


def test_no_detection_is_zero_and_no_object_is_nan():
    nothing = instances(scores=[])

    assert measured(sample(nothing, instances(BOX))) == [0, 0, 0]
    metric = VOCBoxMetric()
    metric.dataset_meta = dict(classes=('cat',))
    metric.process({}, [sample(nothing)])
    assert all(math.isnan(value) for value in metric.evaluate(1).values())
