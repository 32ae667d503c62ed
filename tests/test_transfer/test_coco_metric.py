"""Without detections the metric is 0; with detections it is mmdet's."""

import json

import pytest
import torch

from setsim_mm.transfer.coco_metric import CocoMetricOrZero


@pytest.fixture
def metric(tmp_path):
    """A metric for one image with one box, (10, 20) to (40, 60)."""
    file = tmp_path / 'instances.json'
    box = dict(id=1, image_id=7, category_id=1, bbox=[10, 20, 30, 40], area=1200)
    file.write_text(
        json.dumps(
            dict(
                images=[dict(id=7, width=100, height=100)],
                categories=[dict(id=1, name='cat')],
                annotations=[dict(box, iscrowd=0)],
            )
        )
    )
    metric = CocoMetricOrZero(str(file), ['bbox'])
    metric.dataset_meta = dict(classes=('cat',))
    return metric


def measured(metric, *boxes):
    found = dict(
        bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        scores=torch.ones(len(boxes)),
        labels=torch.zeros(len(boxes), dtype=torch.long),
    )
    sample = dict(pred_instances=found, img_id=7, ori_shape=(100, 100))
    metric.process({}, [sample])
    values = metric.evaluate(1)
    return [values[f'coco/bbox_mAP{at}'] for at in ('', '_50', '_75')]


def test_without_detections_ap_is_zero(metric):
    assert measured(metric) == [0, 0, 0]


def test_with_detections_ap_is_mmdets(metric):
    """IoU 0.8: a hit at 7 of the 10 thresholds."""
    assert measured(metric, [10, 20, 40, 52]) == pytest.approx([0.7, 1, 1])
