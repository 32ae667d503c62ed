"""Keypoint R-CNN for MMDetection.

Importing :mod:`setsim_mm.transfer.detection` registers its parts.
"""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .dataset import CocoKeypointDataset
    from .heatmaps import decode_heatmaps, encode_keypoints, keypoint_loss
    from .keypoint_head import KeypointHead
    from .keypoint_rcnn import KeypointRCNN
    from .meta import COCO_PERSON
    from .metric import CocoKeypointMetric
    from .roi_head import KeypointRoIHead
    from .transforms import LoadKeypointAnnotations, PackKeypointInputs
    from .visualizer import KeypointVisualizer

__all__ = [
    'COCO_PERSON',
    'CocoKeypointDataset',
    'CocoKeypointMetric',
    'KeypointHead',
    'KeypointRCNN',
    'KeypointRoIHead',
    'KeypointVisualizer',
    'LoadKeypointAnnotations',
    'PackKeypointInputs',
    'decode_heatmaps',
    'encode_keypoints',
    'keypoint_loss',
]
__getattr__, __dir__ = import_on_demand(__name__, __file__)
