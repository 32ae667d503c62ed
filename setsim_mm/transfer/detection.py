"""What the detection configs name; importing it registers that with MMDetection."""

from mmselfsup.models.utils.res_layer_extra_norm import ResLayerExtraNorm

from .difficult_objects import KeepDifficultObjects
from .voc_metric import VOCBoxMetric

__all__ = ['KeepDifficultObjects', 'ResLayerExtraNorm', 'VOCBoxMetric']
