"""Losses between sets of positions."""

from .bank import bank_logsumexp
from .set_contrastive import SetContrastiveLoss, set_contrastive_loss
from .set_cosine import SetCosineLoss, set_cosine_loss

__all__ = [
    'SetContrastiveLoss',
    'SetCosineLoss',
    'bank_logsumexp',
    'set_contrastive_loss',
    'set_cosine_loss',
]
