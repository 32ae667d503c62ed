"""What accompanies the training loop."""

from .hooks import (
    CorrespondencePictureHook,
    CorrespondencePrecisionHook,
    PreTrainingCheckHook,
    UnreadableImagesHook,
)

__all__ = [
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
