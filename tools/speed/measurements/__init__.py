"""Measurements of speed and memory in comparison with alternatives."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .dense import dense_set_contrastive_loss
    from .memory import added_peak_memory, free_memory
    from .tables import as_text, describe_machine
    from .timing import time_in_turn

__all__ = [
    'added_peak_memory',
    'as_text',
    'dense_set_contrastive_loss',
    'describe_machine',
    'free_memory',
    'time_in_turn',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
