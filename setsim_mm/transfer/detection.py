"""What the detection configs name; importing it registers that with MMDetection."""

from mmselfsup.models.utils.res_layer_extra_norm import ResLayerExtraNorm

from .coco_metric import CocoMetricOrZero
from .difficult_objects import KeepDifficultObjects
from .voc_metric import VOCBoxMetric

__all__ = [
    'CocoMetricOrZero',
    'KeepDifficultObjects',
    'ResLayerExtraNorm',
    'VOCBoxMetric',
]
