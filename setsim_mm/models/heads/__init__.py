"""Heads: from projections to losses."""

from .setsim_head import SetSimHead

__all__ = ['SetSimHead']
