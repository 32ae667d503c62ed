"""Algorithms: what one training step computes."""

from .base import SetSimBase, encode
from .grouped_baselines import GroupedDenseCL, GroupedMoCo
from .qk_iteration import QKIteration
from .setsim import SetSim
from .setsim_simsiam import SetSimSiam

__all__ = [
    'GroupedDenseCL',
    'GroupedMoCo',
    'QKIteration',
    'SetSim',
    'SetSimBase',
    'SetSimSiam',
    'encode',
]
