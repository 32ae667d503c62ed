"""Hooks."""

from .channels_last_hook import ChannelsLastHook
from .correspondence_picture_hook import CorrespondencePictureHook
from .correspondence_precision_hook import CorrespondencePrecisionHook
from .fixed_learning_rate_hook import FixedLearningRateHook
from .pretraining_check_hook import PreTrainingCheckHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'ChannelsLastHook',
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'FixedLearningRateHook',
    'PreTrainingCheckHook',
    'UnreadableImagesHook',
]
