"""COCO's AP of key points, through pycocotools."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmdet.datasets.api_wrappers import COCOeval
from mmdet.registry import METRICS
from mmengine.fileio import dump

from setsim_mm.utils.errors import UserError

from ..coco_metric import CocoMetricOrZero

# The places of the results in pycocotools' summary of key points.
NAMES = ('mAP', 'mAP_50', 'mAP_75', 'mAP_m', 'mAP_l')


@METRICS.register_module()
class CocoKeypointMetric(CocoMetricOrZero):
    """COCO's AP of boxes, and of key points by their object keypoint similarity.

    Key points have ``keypoints_mAP``, ``_50``, ``_75``, ``_m`` and ``_l``, fractions
    that are not rounded; AP is -1 if there is no object of a size. The sigmas are those
    of the data set's metainfo. Detections are ranked by the scores of their boxes.
    With ``outfile_prefix='DIR/NAME'``, the detections are in
    ``DIR/NAME.keypoints.json`` in COCO's format, whose coordinates are indices of
    pixels; in place of the flag stands the score of the key point.

    Args:
        ann_file (str): The annotation file in COCO's format.
        **kwargs: Arguments of :class:`mmdet.evaluation.CocoMetric`.

    Raises:
        UserError: If no object of the file has a labelled key point, unless
            ``format_only`` is set.
    """

    def __init__(self, ann_file: str, **kwargs: Any) -> None:
        super().__init__(ann_file, **kwargs)
        annotations = self._coco_api.anns.values()
        if not self.format_only and not any(
            a.get('num_keypoints') for a in annotations
        ):
            raise UserError(
                f'{ann_file!r} has no object with a labelled key point (num_keypoints '
                'above 0): choose a file with key points as ann_file of the evaluator.'
            )

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep the predictions of a batch.

        Args:
            data_batch (dict): Not used.
            data_samples (Sequence[dict]): With ``pred_instances``.
        """
        super().process(data_batch, data_samples)
        kept = self.results[len(self.results) - len(data_samples) :]
        for sample, (_, result) in zip(data_samples, kept, strict=True):
            found = sample['pred_instances']
            for name in ('keypoints', 'keypoint_scores'):
                result[name] = found[name].cpu().numpy()

    def results2json(
        self, results: Sequence[dict], outfile_prefix: str
    ) -> dict[str, str]:
        """Write the detections.

        Args:
            results (Sequence[dict]): The predictions of each image.
            outfile_prefix (str): The files are ``<outfile_prefix>.bbox.json`` and
                ``<outfile_prefix>.keypoints.json``.

        Returns:
            dict[str, str]: The files by the kind of result.
        """
        files = super().results2json(results, outfile_prefix)
        files['keypoints'] = f'{outfile_prefix}.keypoints.json'
        dump(self._keypoint_results(results), files['keypoints'])
        return files

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute the metrics of boxes and of key points.

        Args:
            results (list): One pair of ground truth and predictions for each image.

        Returns:
            dict[str, float]: The metrics by name.
        """
        metrics = super().compute_metrics(results)
        if not self.format_only:
            found = self._keypoint_results([result for _, result in results])
            values = self._evaluate(found) if found else np.zeros(len(NAMES))
            for name, value in zip(NAMES, values, strict=False):
                metrics[f'keypoints_{name}'] = float(value)
        return metrics

    def _keypoint_results(self, results: Sequence[dict]) -> list[dict]:
        """Return the detections in COCO's format."""
        return [
            dict(
                image_id=result['img_id'],
                category_id=self.cat_ids[label],
                keypoints=_flat(keypoints, scores),
                score=float(score),
            )
            for result in results
            for label, score, keypoints, scores in zip(
                result['labels'],
                result['scores'],
                result['keypoints'],
                result['keypoint_scores'],
                strict=True,
            )
        ]

    def _evaluate(self, found: list[dict]) -> np.ndarray:
        """Return pycocotools' ten values."""
        detections = self._coco_api.loadRes(found)
        evaluation = COCOeval(self._coco_api, detections, 'keypoints')
        evaluation.params.catIds = self.cat_ids
        evaluation.params.imgIds = self.img_ids
        evaluation.params.kpt_oks_sigmas = np.array(self.dataset_meta['sigmas'])
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return evaluation.stats


def _flat(keypoints: np.ndarray, scores: np.ndarray) -> list[float]:
    """Return x, y and score of each key point in turn; x and y as indices of pixels."""
    return np.column_stack([keypoints - 0.5, scores]).astype(float).ravel().tolist()
