"""COCO's AP, AP50 and AP75 on VOC's annotations, beside the AP of VOC 2007."""

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
    """COCO's average precision of VOC's boxes; difficult ones are ignored.

    It is not the AP of the paper's tables, which :class:`~.voc07_metric.VOC07Metric`
    measures. It logs ``coco_style/bbox_mAP``, ``coco_style/bbox_mAP_50`` and
    ``coco_style/bbox_mAP_75``.

    pycocotools matches boxes, interpolates precision at 101 recalls, and averages over
    the classes and, for AP, over the IoUs 0.50, 0.55, ..., 0.95. A detection whose best
    box is difficult does not count, however many such detections there are. Difficult
    objects do not count as objects to be found.

    Args:
        collect_device (str): Where the results of several processes meet. Defaults to
            ``'cpu'``.
        prefix (str, optional): What the names of the metrics begin with. Defaults to
            None, which is ``coco_style``.
    """

    default_prefix = 'coco_style'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep what was found and what was there.

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
        """Measure.

        Args:
            results (list): From :meth:`process`, one pair for each image.

        Returns:
            dict[str, float]: Fractions, as MMDetection's own; NaN if there is nothing
            to find.
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
        # pycocotools says -1 where there is nothing to find.
        return {
            name: float(value) if value >= 0 else math.nan
            for name, value in zip(NAMES, evaluation.stats, strict=False)
        }


class IgnoringEvaluation(COCOeval):
    """COCO's evaluation with boxes to be ignored that are objects and no crowds.

    COCO ignores crowds alone: as often as they are found, but with the overlap taken
    relative to the detection. Here the overlap is the IoU, for all boxes.
    """

    def computeIoU(self, imgId: int, catId: int) -> np.ndarray:
        """Give the IoU of all detections with all boxes of a class in an image."""
        boxes = self._gts[imgId, catId]
        for box in boxes:
            box['iscrowd'] = 0
        overlaps = super().computeIoU(imgId, catId)
        for box in boxes:
            box['iscrowd'] = box['ignore']
        return overlaps


def _annotations(instances: Mapping, iscrowd: int) -> list[dict]:
    """Write boxes from corner to corner, (n, 4), as COCO does."""
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
    """Make what pycocotools would read from a file."""
    coco = COCO()
    annotations = [
        dict(annotation, image_id=number)
        for number, image in enumerate(images)
        for annotation in image
    ]
    coco.dataset = dict(
        images=[dict(id=number) for number in range(len(images))],
        categories=categories,
        # 0 stands for no match
        annotations=[dict(one, id=i) for i, one in enumerate(annotations, start=1)],
    )
    coco.createIndex()
    return coco
