"""The plug-ins of the detection configs; the import registers them in MMDetection."""

from .coco_metric import CocoMetricOrZero
from .difficult_objects import KeepDifficultObjects
from .keypoints import (
    CocoKeypointDataset,
    CocoKeypointMetric,
    KeypointHead,
    KeypointRCNN,
    KeypointRoIHead,
    KeypointVisualizer,
    LoadKeypointAnnotations,
    PackKeypointInputs,
)
from .precise_batch_norm import PreciseBatchNormHook
from .res5 import Res5ExtraNorm
from .voc07_metric import VOC07Metric
from .voc_metric import VOCBoxMetric

__all__ = [
    'CocoKeypointDataset',
    'CocoKeypointMetric',
    'CocoMetricOrZero',
    'KeepDifficultObjects',
    'KeypointHead',
    'KeypointRCNN',
    'KeypointRoIHead',
    'KeypointVisualizer',
    'LoadKeypointAnnotations',
    'PackKeypointInputs',
    'PreciseBatchNormHook',
    'Res5ExtraNorm',
    'VOC07Metric',
    'VOCBoxMetric',
]
