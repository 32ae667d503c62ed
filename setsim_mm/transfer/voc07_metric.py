"""VOC 2007's AP, AP50 and AP75, computed as detectron2 does."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mmdet.registry import METRICS
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from .instance_arrays import array_of, boxes_of

IOUS = tuple(percent / 100 for percent in range(50, 100, 5))
# detectron2's recalls. In floating point three of them are slightly larger than 0.3,
# 0.6 and 0.7, so that recalls of 3/10, 6/10 and 7/10 do not reach them.
RECALLS = np.arange(0.0, 1.1, 0.1)


@dataclass(frozen=True)
class ImageBoxes:
    """Objects and detections of an image. Boxes are in VOC's pixels, counted from 1.

    Args:
        objects (np.ndarray): Boxes of the objects, (G, 4), last pixels included.
        labels (np.ndarray): Their classes, (G,).
        difficult (np.ndarray): Which of them are difficult, (G,) bool.
        detections (np.ndarray): Boxes of the detections, (D, 4).
        detected (np.ndarray): Their classes, (D,).
        scores (np.ndarray): Their scores, (D,).
    """

    objects: np.ndarray
    labels: np.ndarray
    difficult: np.ndarray
    detections: np.ndarray
    detected: np.ndarray
    scores: np.ndarray


@METRICS.register_module()
class VOC07Metric(BaseMetric):
    """AP that detectron2's ``PascalVOCDetectionEvaluator`` reports on VOC 2007.

    It logs ``voc07/AP``, ``voc07/AP50`` and ``voc07/AP75`` as fractions, unrounded. AP
    is the mean over the classes and over the IoUs 0.50, 0.55, ..., 0.95.

    - Precision is averaged over the 11 recalls 0, 0.1, ..., 1.
    - A detection belongs to the box of its class in its image with the largest IoU,
      difficult boxes included. It is a hit if the IoU is above the threshold, not
      equal to it.
    - It does not count if that box is difficult. It is a miss if a detection with a
      higher score has hit that box.
    - Difficult objects do not count as objects to be found.
    - The last pixel belongs to a box, so that a width is ``x2 - x1 + 1``.
    - Scores are rounded to 0.001 and coordinates to 0.1 pixels, as in VOC's files of
      detections.
    - A class without an object to be found has an AP of 0.

    Two ties are broken differently. Detections with equal scores stay in the order
    of the images; detectron2's sort is not stable. If a difficult box and another box
    have exactly the same IoU, the other box is chosen; detectron2 chooses the first one
    in the XML file, an order that mmdet does not keep.

    mmdet subtracts 1 from all four coordinates of VOC, also in training. Therefore 1 is
    added to all four coordinates of objects and detections here.

    The arguments are those of :class:`mmengine.evaluator.BaseMetric`; the prefix
    defaults to ``'voc07'``.
    """

    default_prefix = 'voc07'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Collect the boxes of a batch.

        Args:
            data_batch (dict): Not used.
            data_samples (Sequence[dict]): With ``pred_instances``, ``gt_instances`` and
                ``ignored_instances``, all in the pixels of the original image. The
                ignored ones are the difficult objects.
        """
        for sample in data_samples:
            plain, difficult = sample['gt_instances'], sample['ignored_instances']
            found = sample['pred_instances']
            labels = [array_of(part['labels']) for part in (plain, difficult)]
            self.results.append(
                ImageBoxes(
                    objects=np.concatenate([boxes_of(plain), boxes_of(difficult)]) + 1,
                    labels=np.concatenate(labels).astype(int),
                    difficult=np.repeat([False, True], list(map(len, labels))),
                    detections=(boxes_of(found) + 1).round(1),
                    detected=array_of(found['labels']).astype(int),
                    scores=array_of(found['scores']).astype(float).round(3),
                )
            )

    def compute_metrics(self, results: list[ImageBoxes]) -> dict[str, float]:
        """Compute AP, AP50 and AP75.

        Args:
            results (list[ImageBoxes]): One item for each image.

        Returns:
            dict[str, float]: The metrics as fractions.
        """
        classes = self.dataset_meta['classes']
        labels = np.concatenate([image.labels[~image.difficult] for image in results])
        absent = [name for i, name in enumerate(classes) if i not in labels]
        if absent:
            print_log(
                f'{len(absent)} of the {len(classes)} classes have no object to be '
                f'found and count with an AP of 0, as in detectron2: '
                f'{", ".join(absent)}.',
                logger='current',
                level=logging.WARNING,
            )
        precisions = average_precisions(results, len(classes))  # classes x IoUs
        return dict(
            AP=float(precisions.mean()),
            AP50=float(precisions[:, IOUS.index(0.5)].mean()),
            AP75=float(precisions[:, IOUS.index(0.75)].mean()),
        )


def average_precisions(images: Sequence[ImageBoxes], num_classes: int) -> np.ndarray:
    """Compute the 11-point AP of each class at each IoU.

    Args:
        images (Sequence[ImageBoxes]): All images.
        num_classes (int): Number C of classes.

    Returns:
        np.ndarray: Fractions, (C, 10).
    """
    overlaps, objects, ignored = (
        np.concatenate(part) for part in zip(*map(best_objects, images), strict=True)
    )
    # Objects are numbered over all images.
    sizes = [len(image.objects) for image in images]
    firsts = np.cumsum([0, *sizes[:-1]])
    objects += np.repeat(firsts, [len(image.scores) for image in images])
    scores = np.concatenate([image.scores for image in images])
    detected = np.concatenate([image.detected for image in images])
    positives = np.bincount(
        np.concatenate([image.labels[~image.difficult] for image in images]),
        minlength=num_classes,
    )
    precisions = np.zeros((num_classes, len(IOUS)))
    for label in range(num_classes):
        (ranks,) = np.nonzero(detected == label)
        ranks = ranks[np.argsort(-scores[ranks], kind='stable')]
        for column, iou in enumerate(IOUS):
            above = overlaps[ranks] > iou
            counted = ~(above & ignored[ranks])
            hits = above & counted
            # Only the first of several detections of an object is a hit.
            _, first = np.unique(objects[ranks][hits], return_index=True)
            hits[np.delete(np.flatnonzero(hits), first)] = False
            precisions[label, column] = eleven_point_precision(
                hits[counted], positives[label]
            )
    return precisions


def best_objects(image: ImageBoxes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the object of the same class with which each detection overlaps most.

    Args:
        image (ImageBoxes): An image with D detections and G objects.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: The IoU, (D,), -inf if there is no
        object of the class; the object's index, (D,); whether it is difficult, (D,).
    """
    number = len(image.detections)
    if not len(image.objects):
        return np.full(number, -np.inf), np.zeros(number, int), np.zeros(number, bool)
    overlaps = pixel_ious(image.detections, image.objects)  # D x G
    overlaps[image.detected[:, None] != image.labels] = -np.inf
    best = overlaps.argmax(axis=1)
    return overlaps.max(axis=1), best, image.difficult[best]


def pixel_ious(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Compute the IoU of boxes that include their last pixels.

    Args:
        boxes (np.ndarray): Boxes as ``x1, y1, x2, y2``, (D, 4).
        others (np.ndarray): Boxes as ``x1, y1, x2, y2``, (G, 4).

    Returns:
        np.ndarray: (D, G).
    """
    boxes = boxes[:, None]
    begins = np.maximum(boxes[..., :2], others[:, :2])
    ends = np.minimum(boxes[..., 2:], others[:, 2:])
    shared = (ends - begins + 1).clip(min=0).prod(axis=-1)
    areas, other_areas = (
        (part[..., 2:] - part[..., :2] + 1).prod(axis=-1) for part in (boxes, others)
    )
    return shared / (areas + other_areas - shared)


def eleven_point_precision(hits: np.ndarray, positives: int) -> float:
    """Compute the mean over 11 recalls of the best precision at that recall or above.

    Args:
        hits (np.ndarray): Whether each counted detection is a hit, best score first,
            (D,) bool.
        positives (int): Number of objects to be found.

    Returns:
        float: A fraction; 0 if there is no object to be found.
    """
    if positives == 0:
        return 0.0
    found = hits.cumsum()
    recall, precision = found / positives, found / np.arange(1, len(hits) + 1)
    best = [precision[recall >= least].max(initial=0.0) for least in RECALLS]
    return float(np.mean(best))
