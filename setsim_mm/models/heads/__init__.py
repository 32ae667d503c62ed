"""Heads: from projections to losses."""

from .bank_contrastive_head import BankContrastiveHead
from .setsim_head import SetSimHead
from .setsim_simsiam_head import SetSimSiamHead

__all__ = ['BankContrastiveHead', 'SetSimHead', 'SetSimSiamHead']
