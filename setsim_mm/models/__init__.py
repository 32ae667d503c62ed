"""Models: algorithms and what they are made of."""

from .algorithms import SetSim, SetSimSiam
from .heads import SetSimHead, SetSimSiamHead
from .losses import SetContrastiveLoss, SetCosineLoss
from .memories import FeatureQueue
from .necks import SetSimNeck, SetSimSiamNeck

__all__ = [
    'FeatureQueue',
    'SetContrastiveLoss',
    'SetCosineLoss',
    'SetSim',
    'SetSimHead',
    'SetSimNeck',
    'SetSimSiam',
    'SetSimSiamHead',
    'SetSimSiamNeck',
]
