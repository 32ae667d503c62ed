"""What accompanies the training loop."""

from .hooks import (
    BoundedHistoryHook,
    BrokenNumbersHook,
    ChannelsLastHook,
    CorrespondencePictureHook,
    CorrespondencePrecisionHook,
    DurableCheckpointHook,
    DurableLoggerHook,
    FixedLearningRateHook,
    KNNHook,
    PreTrainingCheckHook,
    ProbeHook,
    ProvenanceHook,
    SegmentationProbeHook,
    StartingWeightsHook,
    UnreadableImagesHook,
)
from .runner import DurableRunner

__all__ = [
    'BoundedHistoryHook',
    'BrokenNumbersHook',
    'ChannelsLastHook',
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'DurableCheckpointHook',
    'DurableLoggerHook',
    'DurableRunner',
    'FixedLearningRateHook',
    'KNNHook',
    'PreTrainingCheckHook',
    'ProbeHook',
    'ProvenanceHook',
    'SegmentationProbeHook',
    'StartingWeightsHook',
    'UnreadableImagesHook',
]
