"""What accompanies the training loop."""

from .hooks import (
    ChannelsLastHook,
    CorrespondencePictureHook,
    CorrespondencePrecisionHook,
    FixedLearningRateHook,
    KNNHook,
    PreTrainingCheckHook,
    ProbeHook,
    SegmentationProbeHook,
    UnreadableImagesHook,
)

__all__ = [
    'ChannelsLastHook',
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'FixedLearningRateHook',
    'KNNHook',
    'PreTrainingCheckHook',
    'ProbeHook',
    'SegmentationProbeHook',
    'UnreadableImagesHook',
]
