"""Projectors."""

from .setsim_neck import SetSimNeck

__all__ = ['SetSimNeck']
