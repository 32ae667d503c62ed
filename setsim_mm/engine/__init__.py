"""What accompanies the training loop."""

from .hooks import (
    CorrespondencePrecisionHook,
    KNNHook,
    PreTrainingCheckHook,
    SegmentationProbeHook,
    UnreadableImagesHook,
)

__all__ = [
    'CorrespondencePrecisionHook',
    'KNNHook',
    'PreTrainingCheckHook',
    'SegmentationProbeHook',
    'UnreadableImagesHook',
]
