"""MMDetection's COCO metric, with a value of 0 if nothing is detected."""

from mmdet.evaluation import CocoMetric
from mmdet.registry import METRICS


@METRICS.register_module()
class CocoMetricOrZero(CocoMetric):
    """COCO's AP, which is 0 if there is no detection.

    MMDetection then logs no AP, and the run has no result. The arguments are those of
    :class:`mmdet.evaluation.CocoMetric`.
    """

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute the metrics.

        Args:
            results (list): One pair of ground truth and predictions for each image.

        Returns:
            dict[str, float]: Those of MMDetection, or 0 for AP, AP50 and AP75 of each
            kind.
        """
        if self.format_only or any(len(found['labels']) for _, found in results):
            return super().compute_metrics(results)
        return {
            f'{kind}_mAP{at}': 0.0 for kind in self.metrics for at in ('', '_50', '_75')
        }
