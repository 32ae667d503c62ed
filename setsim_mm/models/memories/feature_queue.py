"""The memory of negatives: a first-in first-out queue of keys."""

import torch
from mmengine.dist import all_gather
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.host import MODELS


@MODELS.register_module()
class FeatureQueue(nn.Module):
    """First-in first-out queue of L2-normalised keys, identical on all ranks.

    It is initialised with random unit vectors, as in MoCo. Keys are written in place.
    Their number need not divide ``length``.

    A key that is not finite, which half precision can produce, is not written: it would
    make every loss NaN until it is overwritten.

    Args:
        dim (int): Dimension D of a key. Defaults to 128.
        length (int): Number of keys K. Defaults to 65536 (paper, MoCo-v2).

    Attributes:
        features (Tensor): The keys, (D, K).
        pointer (Tensor): Column of the next key, a long scalar.

    Examples:
        >>> import torch
        >>> queue = FeatureQueue(dim=2, length=3)
        >>> queue.enqueue(torch.eye(2))
        >>> queue.features[:, :2]
        tensor([[1., 0.],
                [0., 1.]])
    """

    features: Tensor
    pointer: Tensor

    def __init__(self, dim: int = 128, length: int = 65536) -> None:
        super().__init__()
        if length < 1:
            raise ValueError(f'A queue needs a length of at least 1, not {length}.')
        # Stored key by key, which the loss reads fastest; normalised without a copy.
        keys = torch.randn(length, dim)
        self.register_buffer('features', F.normalize(keys, dim=1, out=keys).t())
        self.register_buffer('pointer', torch.zeros((), dtype=torch.long))

    @property
    def length(self) -> int:
        """Number of keys K."""
        return self.features.shape[1]

    @torch.no_grad()
    def enqueue(self, keys: Tensor) -> None:
        """Replace the oldest keys by the keys of all ranks.

        Args:
            keys (Tensor): Keys of this rank, L2-normalised, (n, D). n is the same on
                all ranks.

        Raises:
            ValueError: If all ranks together have more keys than the queue holds.
        """
        keys = torch.cat(all_gather(keys.to(self.features.dtype)))  # n * ranks, D
        if len(keys) > self.length:
            raise ValueError(
                f'A step brings {len(keys)} keys, but the queue holds {self.length}: '
                'raise queue_len or lower the batch size.'
            )
        # Indexing on the device: the CPU does not wait for the pointer.
        columns = self.pointer + torch.arange(len(keys), device=keys.device)
        columns = columns % self.length
        finite = keys.isfinite().all(dim=1, keepdim=True)  # n * ranks, 1
        old = self.features.t()  # K, D
        old[columns] = keys.where(finite, old[columns])
        self.pointer.add_(len(keys)).remainder_(self.length)

    def extra_repr(self) -> str:
        """Return the size for ``print(model)``."""
        return f'dim={self.features.shape[0]}, length={self.length}'
