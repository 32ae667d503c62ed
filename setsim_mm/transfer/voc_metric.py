"""COCO's AP, AP50 and AP75 on VOC's annotations."""

import math
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
from mmdet.registry import METRICS
from mmengine.evaluator import BaseMetric
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .instance_arrays import array_of, boxes_of

NAMES = ('bbox_mAP', 'bbox_mAP_50', 'bbox_mAP_75')


@METRICS.register_module()
class VOCBoxMetric(BaseMetric):
    """COCO's average precision of VOC's boxes, without the difficult ones.

    The AP of the paper's tables is :class:`~.voc07_metric.VOC07Metric`. This metric
    logs ``coco_style/bbox_mAP``, ``coco_style/bbox_mAP_50`` and
    ``coco_style/bbox_mAP_75``.

    pycocotools matches boxes, interpolates precision at 101 recalls, and averages over
    the classes and, for AP, over the IoUs 0.50, 0.55, ..., 0.95. A detection whose best
    box is difficult does not count, however many such detections there are. Difficult
    objects do not count as objects to be found.

    The arguments are those of :class:`mmengine.evaluator.BaseMetric`; the prefix
    defaults to ``'coco_style'``.
    """

    default_prefix = 'coco_style'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Collect the objects and the detections of a batch.

        Args:
            data_batch (dict): Not used.
            data_samples (Sequence[dict]): With ``pred_instances``, ``gt_instances`` and
                ``ignored_instances``, all in the pixels of the original image.
        """
        for sample in data_samples:
            found = sample['pred_instances']
            objects = _annotations(sample['gt_instances'], iscrowd=0)
            difficult = _annotations(sample['ignored_instances'], iscrowd=1)
            detections = _annotations(found, iscrowd=0)
            for detection, score in zip(
                detections, array_of(found['scores']), strict=True
            ):
                detection['score'] = float(score)
            self.results.append((objects + difficult, detections))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute AP, AP50 and AP75.

        Args:
            results (list): From :meth:`process`, one pair for each image.

        Returns:
            dict[str, float]: Fractions, as in MMDetection; NaN if there is no object to
            be found.
        """
        categories = [
            dict(id=number, name=name)
            for number, name in enumerate(self.dataset_meta['classes'])
        ]
        truth, found = zip(*results, strict=True)
        with redirect_stdout(StringIO()):
            evaluation = IgnoringEvaluation(
                _coco(truth, categories), _coco(found, categories), 'bbox'
            )
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        # pycocotools returns -1 if there is no object to be found.
        return {
            name: float(value) if value >= 0 else math.nan
            for name, value in zip(NAMES, evaluation.stats, strict=False)
        }


class IgnoringEvaluation(COCOeval):
    """COCO's evaluation in which ignored boxes are single objects instead of crowds.

    COCO ignores crowds only, with the overlap as a share of the detection's area. Here
    the overlap is the IoU for all boxes.
    """

    def computeIoU(self, imgId: int, catId: int) -> np.ndarray:
        """Compute the IoU of all detections and all boxes of a class in an image."""
        boxes = self._gts[imgId, catId]
        for box in boxes:
            box['iscrowd'] = 0
        overlaps = super().computeIoU(imgId, catId)
        for box in boxes:
            box['iscrowd'] = box['ignore']
        return overlaps


def _annotations(instances: Mapping, iscrowd: int) -> list[dict]:
    """Return instances in COCO's format."""
    boxes = boxes_of(instances)
    corners, sizes = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    return [
        dict(
            bbox=[*corner, *size],
            area=float(size.prod()),
            category_id=int(label),
            iscrowd=iscrowd,
        )
        for corner, size, label in zip(
            corners, sizes, array_of(instances['labels']), strict=True
        )
    ]


def _coco(images: Sequence[Sequence[dict]], categories: list[dict]) -> COCO:
    """Return annotations in the form in which pycocotools loads them from a file."""
    coco = COCO()
    annotations = [
        dict(annotation, image_id=number)
        for number, image in enumerate(images)
        for annotation in image
    ]
    coco.dataset = dict(
        images=[dict(id=number) for number in range(len(images))],
        categories=categories,
        # Ids start at 1, because pycocotools writes 0 for no match.
        annotations=[dict(one, id=i) for i, one in enumerate(annotations, start=1)],
    )
    coco.createIndex()
    return coco
