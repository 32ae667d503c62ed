"""Models: algorithms and their parts."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .algorithms import QKIteration, SetSim, SetSimSiam
    from .heads import BankContrastiveHead, SetSimHead, SetSimSiamHead
    from .losses import SetContrastiveLoss, SetCosineLoss
    from .memories import FeatureQueue, KeyBank
    from .necks import SetSimNeck, SetSimSiamNeck

__all__ = [
    'BankContrastiveHead',
    'FeatureQueue',
    'KeyBank',
    'QKIteration',
    'SetContrastiveLoss',
    'SetCosineLoss',
    'SetSim',
    'SetSimHead',
    'SetSimNeck',
    'SetSimSiam',
    'SetSimSiamHead',
    'SetSimSiamNeck',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
