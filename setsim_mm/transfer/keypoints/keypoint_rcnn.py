"""Keypoint R-CNN: Mask R-CNN (He et al., 2017) with key points in place of masks."""

from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS


@MODELS.register_module()
class KeypointRCNN(TwoStageDetector):
    """A two-stage detector whose RoI head also finds key points.

    The arguments are those of :class:`mmdet.models.detectors.TwoStageDetector`;
    ``roi_head`` is a :class:`~.roi_head.KeypointRoIHead`.

    Data samples have K key points of each of N objects in ``gt_instances.keypoints``,
    (N, K, 2), and ``keypoints_visible``, (N, K). Predictions have
    ``pred_instances.keypoints``, (N, K, 2), and ``keypoint_scores``, (N, K).
    Coordinates are continuous: the centre of the first pixel is (0.5, 0.5).
    """
