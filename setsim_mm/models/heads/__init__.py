"""Heads: from projections to losses."""

from .setsim_head import SetSimHead
from .setsim_simsiam_head import SetSimSiamHead

__all__ = ['SetSimHead', 'SetSimSiamHead']
