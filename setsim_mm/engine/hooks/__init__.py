"""Hooks."""

from .correspondence_precision_hook import CorrespondencePrecisionHook
from .knn_hook import KNNHook
from .pretraining_check_hook import PreTrainingCheckHook
from .probe_hook import Measurement, ProbeHook
from .segmentation_probe_hook import SegmentationProbeHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'CorrespondencePrecisionHook',
    'KNNHook',
    'Measurement',
    'PreTrainingCheckHook',
    'ProbeHook',
    'SegmentationProbeHook',
    'UnreadableImagesHook',
]
