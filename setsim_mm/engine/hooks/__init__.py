"""Hooks."""

from .correspondence_precision_hook import CorrespondencePrecisionHook
from .pretraining_check_hook import PreTrainingCheckHook

__all__ = ['CorrespondencePrecisionHook', 'PreTrainingCheckHook']
