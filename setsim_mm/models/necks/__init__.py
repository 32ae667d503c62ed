"""Projectors."""

from .setsim_neck import SetSimNeck
from .setsim_simsiam_neck import SetSimSiamNeck

__all__ = ['SetSimNeck', 'SetSimSiamNeck']
