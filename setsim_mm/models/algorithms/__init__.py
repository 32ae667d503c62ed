"""Algorithms: who calls whom in one training step."""

from .base import SetSimBase, encode
from .setsim import SetSim
from .setsim_simsiam import SetSimSiam

__all__ = ['SetSim', 'SetSimBase', 'SetSimSiam', 'encode']
