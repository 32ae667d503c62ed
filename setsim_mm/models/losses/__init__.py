"""Losses between sets of positions, and against a bank."""

from .bank import bank_logsumexp
from .bank_contrastive import bank_contrastive_loss
from .set_contrastive import SetContrastiveLoss, set_contrastive_loss
from .set_cosine import SetCosineLoss, set_cosine_loss

__all__ = [
    'SetContrastiveLoss',
    'SetCosineLoss',
    'bank_contrastive_loss',
    'bank_logsumexp',
    'set_contrastive_loss',
    'set_cosine_loss',
]
