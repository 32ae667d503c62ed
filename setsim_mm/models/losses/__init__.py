"""Losses between sets of positions."""

from .bank import bank_logsumexp
from .set_contrastive import SetContrastiveLoss, set_contrastive_loss

__all__ = ['SetContrastiveLoss', 'bank_logsumexp', 'set_contrastive_loss']
