"""Models: algorithms and what they are made of."""

from .algorithms import SetSim
from .heads import SetSimHead
from .losses import SetContrastiveLoss
from .memories import FeatureQueue
from .necks import SetSimNeck

__all__ = ['FeatureQueue', 'SetContrastiveLoss', 'SetSim', 'SetSimHead', 'SetSimNeck']
