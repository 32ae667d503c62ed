"""SetSim and its kin: dense self-supervised pre-training for OpenMMLab.

Importing the package registers everything with MMSelfSup.
"""

from . import compat, datasets, engine, evaluation, models  # noqa: F401
from .registry import MATCHERS
from .version import __version__

__all__ = ['MATCHERS', '__version__']
