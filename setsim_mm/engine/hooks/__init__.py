"""Hooks."""

from .correspondence_picture_hook import CorrespondencePictureHook
from .correspondence_precision_hook import CorrespondencePrecisionHook
from .pretraining_check_hook import PreTrainingCheckHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
