"""Runner and loops whose training resumes exactly after it was killed."""

from .durable_runner import DurableRunner
from .loops import DurableEpochLoop, DurableIterLoop
from .quiet_runner import QuietRunner

__all__ = ['DurableEpochLoop', 'DurableIterLoop', 'DurableRunner', 'QuietRunner']
