"""MMDetection's COCO metric, which says 0 where nothing at all was found."""

from mmdet.evaluation import CocoMetric
from mmdet.registry import METRICS


@METRICS.register_module()
class CocoMetricOrZero(CocoMetric):
    """Precision is 0 if the detector finds nothing, where MMDetection logs none.

    A run that has learnt nothing would otherwise end without a result. The arguments
    are those of :class:`mmdet.evaluation.CocoMetric`.
    """

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Measure.

        Args:
            results (list): One pair of truth and predictions for each image.

        Returns:
            dict[str, float]: As MMDetection's, or 0 for AP, AP50 and AP75 of each kind.
        """
        if self.format_only or any(len(found['labels']) for _, found in results):
            return super().compute_metrics(results)
        return {
            f'{kind}_mAP{at}': 0.0 for kind in self.metrics for at in ('', '_50', '_75')
        }
