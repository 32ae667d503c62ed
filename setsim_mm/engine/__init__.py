"""What accompanies the training loop."""

from .hooks import (
    ChannelsLastHook,
    CorrespondencePrecisionHook,
    FixedLearningRateHook,
    PreTrainingCheckHook,
    UnreadableImagesHook,
)

__all__ = [
    'ChannelsLastHook',
    'CorrespondencePrecisionHook',
    'FixedLearningRateHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
