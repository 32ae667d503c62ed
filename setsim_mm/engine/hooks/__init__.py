"""Hooks."""

from .correspondence_precision_hook import CorrespondencePrecisionHook
from .pretraining_check_hook import PreTrainingCheckHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'CorrespondencePrecisionHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
