"""Profiling of training steps."""

from .hook import ProfileHook, StepsProfiled
from .parts import STEP_PARTS, name_parts
from .profiler import make_profiler
from .run import profile
from .summary import Summary, summarize

__all__ = [
    'STEP_PARTS',
    'ProfileHook',
    'StepsProfiled',
    'Summary',
    'make_profiler',
    'name_parts',
    'profile',
    'summarize',
]
