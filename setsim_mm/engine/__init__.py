"""What accompanies the training loop."""

from .hooks import (
    ChannelsLastHook,
    CorrespondencePictureHook,
    CorrespondencePrecisionHook,
    FixedLearningRateHook,
    PreTrainingCheckHook,
    UnreadableImagesHook,
)

__all__ = [
    'ChannelsLastHook',
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'FixedLearningRateHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
