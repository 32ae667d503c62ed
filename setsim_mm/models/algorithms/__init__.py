"""Algorithms: who calls whom in one training step."""

from .setsim import SetSim, encode

__all__ = ['SetSim', 'encode']
