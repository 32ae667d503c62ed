"""What accompanies the training loop."""

from .hooks import (
    CorrespondencePrecisionHook,
    FixedLearningRateHook,
    PreTrainingCheckHook,
    UnreadableImagesHook,
)

__all__ = [
    'CorrespondencePrecisionHook',
    'FixedLearningRateHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
