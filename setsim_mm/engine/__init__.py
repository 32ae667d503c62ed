"""What accompanies the training loop."""

from .hooks import (
    CorrespondencePrecisionHook,
    PreTrainingCheckHook,
    UnreadableImagesHook,
)

__all__ = [
    'CorrespondencePrecisionHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
