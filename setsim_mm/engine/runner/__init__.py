"""A runner whose training can be killed at any moment and goes on exactly."""

from .durable_runner import DurableRunner
from .loops import DurableEpochLoop, DurableIterLoop

__all__ = ['DurableEpochLoop', 'DurableIterLoop', 'DurableRunner']
