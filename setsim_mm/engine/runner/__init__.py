"""Runner and loops whose training resumes exactly after it was killed."""

from .durable_runner import DurableRunner
from .loops import DurableEpochLoop, DurableIterLoop

__all__ = ['DurableEpochLoop', 'DurableIterLoop', 'DurableRunner']
