"""What accompanies the training loop."""

from .hooks import CorrespondencePrecisionHook, PreTrainingCheckHook

__all__ = ['CorrespondencePrecisionHook', 'PreTrainingCheckHook']
