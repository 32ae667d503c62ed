"""The AP of key points against pycocotools, called directly."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from setsim_mm.transfer.keypoints import COCO_PERSON, CocoKeypointMetric
from setsim_mm.utils import UserError

from .people import annotation, write_annotations

FILE = 'coco/annotations/person_keypoints_val2017.json'


def detections(path: Path, noise: float = 0.0) -> list[dict]:
    """Return the annotations as a detector's predictions, moved by some pixels."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    rng = np.random.default_rng(0)
    samples = []
    for image_id in coco.getImgIds():
        people = coco.loadAnns(coco.getAnnIds(image_id))
        keypoints = np.array([one['keypoints'] for one in people], float)
        keypoints = keypoints.reshape(len(people), -1, 3)[..., :2] + 0.5
        keypoints += noise * rng.standard_normal(keypoints.shape)
        boxes = np.array([one['bbox'] for one in people]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        found = dict(
            bboxes=torch.tensor(boxes),
            labels=torch.zeros(len(people), dtype=torch.long),
            scores=torch.tensor(rng.uniform(0.1, 1, len(people))),
            keypoints=torch.tensor(keypoints),
            keypoint_scores=torch.ones(keypoints.shape[:2]),
        )
        samples.append(
            dict(img_id=image_id, ori_shape=(120, 160), pred_instances=found)
        )
    return samples


def nothing_in(samples: list[dict]) -> list[dict]:
    for sample in samples:
        found = sample['pred_instances']
        sample['pred_instances'] = {name: value[:0] for name, value in found.items()}
    return samples


def metrics_of(path: Path, samples: list[dict], **options: object) -> dict[str, float]:
    metric = CocoKeypointMetric(ann_file=str(path), **options)
    metric.dataset_meta = COCO_PERSON
    metric.process({}, samples[:1])
    metric.process({}, samples[1:])
    return metric.evaluate(len(samples))


def direct(path: Path, results: Path) -> np.ndarray:
    """Evaluate a file of results with pycocotools."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
        evaluation = COCOeval(coco, coco.loadRes(str(results)), 'keypoints')
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


@pytest.fixture
def path(toy_data) -> Path:
    return toy_data.root / FILE


def test_perfect_predictions_have_an_ap_of_one(path):
    metrics = metrics_of(path, detections(path))
    for kind in ('bbox', 'keypoints'):
        for name in ('mAP', 'mAP_50', 'mAP_75'):
            assert metrics[f'coco/{kind}_{name}'] == pytest.approx(1)
    assert metrics['coco/keypoints_mAP_m'] == pytest.approx(1)


def test_ap_is_that_of_pycocotools_on_the_written_file(path, tmp_path):
    samples = detections(path, noise=2.5)
    metrics = metrics_of(path, samples, outfile_prefix=str(tmp_path / 'found'))
    expected = direct(path, tmp_path / 'found.keypoints.json')
    names = ('mAP', 'mAP_50', 'mAP_75', 'mAP_m', 'mAP_l')
    found = [metrics[f'coco/keypoints_{name}'] for name in names]
    assert 0.05 < found[0] < found[1] and 0.05 < found[0] < 0.95
    assert found == expected[:5].tolist()


def test_written_coordinates_are_indices_of_pixels(path, tmp_path):
    samples = detections(path)
    prefix = str(tmp_path / 'found')
    assert metrics_of(path, samples, outfile_prefix=prefix, format_only=True) == {}
    results = json.loads((tmp_path / 'found.keypoints.json').read_text())
    annotated = json.loads(path.read_text())['annotations']
    assert len(results) == len(annotated)
    for result, one in zip(results, annotated, strict=True):
        assert result.keys() == {'image_id', 'category_id', 'keypoints', 'score'}
        found, truth = (np.reshape(v['keypoints'], (17, 3)) for v in (result, one))
        np.testing.assert_allclose(found[:, :2], truth[:, :2])
        assert (found[:, 2] == 1).all()


def test_sigmas_come_from_the_metainfo(path):
    metric = CocoKeypointMetric(ann_file=str(path))
    values = []
    for factor in (1, 100):
        sigmas = [factor * sigma for sigma in COCO_PERSON['sigmas']]
        metric.dataset_meta = COCO_PERSON | dict(sigmas=sigmas)
        metric.process({}, detections(path, noise=8))
        values.append(metric.evaluate(4)['coco/keypoints_mAP'])
    assert values[0] < 0.5 and values[1] == pytest.approx(1)


def test_no_detection_has_an_ap_of_zero(path):
    metrics = metrics_of(path, nothing_in(detections(path)))
    assert metrics['coco/keypoints_mAP'] == metrics['coco/keypoints_mAP_75'] == 0


def test_a_file_without_key_points_is_an_error(tmp_path):
    without = annotation(keypoints=17 * [0, 0, 0])
    path = write_annotations(tmp_path / 'a.json', without)
    with pytest.raises(UserError, match=r'a\.json'):
        CocoKeypointMetric(ann_file=str(path))
    prefix = str(tmp_path / 'found')
    CocoKeypointMetric(ann_file=str(path), format_only=True, outfile_prefix=prefix)
