"""Parts that several algorithms share."""

from .momentum_encoder import MomentumEncoder
from .shuffling_bn import BatchShuffle, shared_generator

__all__ = ['BatchShuffle', 'MomentumEncoder', 'shared_generator']
