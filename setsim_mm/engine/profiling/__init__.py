"""Labels of the parts of a training step in a trace, and the profiler."""

from .parts import OPTIMIZER_PARTS, STEP_PARTS, name_parts, parts_of
from .profiler import make_profiler

__all__ = [
    'OPTIMIZER_PARTS',
    'STEP_PARTS',
    'make_profiler',
    'name_parts',
    'parts_of',
]
