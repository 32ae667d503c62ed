"""Parts that several algorithms share."""

from .mlp import simsiam_mlp
from .momentum_encoder import MomentumEncoder
from .shuffling_bn import BatchShuffle, ShufflingBN

__all__ = [
    'BatchShuffle',
    'MomentumEncoder',
    'ShufflingBN',
    'simsiam_mlp',
]
