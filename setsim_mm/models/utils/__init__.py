"""Parts that several algorithms share."""

from .grouped_batch_norm import GroupedBatchNorm, group_batch_norm
from .mlp import simsiam_mlp
from .momentum_encoder import MomentumEncoder
from .preprocessing import preprocess
from .shuffling_bn import BatchShuffle, LocalShuffle, ShufflingBN

__all__ = [
    'BatchShuffle',
    'GroupedBatchNorm',
    'LocalShuffle',
    'MomentumEncoder',
    'ShufflingBN',
    'group_batch_norm',
    'preprocess',
    'simsiam_mlp',
]
