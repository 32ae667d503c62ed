"""The bank of negatives: a first-in first-out queue of keys."""

import torch
from mmengine.dist import all_gather
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.host import MODELS


@MODELS.register_module()
class FeatureQueue(nn.Module):
    """A first-in first-out queue of L2-normalised keys, the same on every rank.

    It starts with random unit vectors, as MoCo's does. Keys are written in place;
    any number of them fits, as long as one step brings no more than ``length``.

    A key that is not finite, as half precision gives now and then, leaves the old one
    in its place: it would turn every loss into NaN until the queue came round to it.

    Args:
        dim (int): Dimension D of a key. Defaults to 128.
        length (int): Number of keys K. Defaults to 65536 (paper, MoCo-v2).

    Attributes:
        features (Tensor): The keys, (D, K).
        pointer (Tensor): Column that the next key is written to, a long scalar.

    Examples:
        >>> import torch
        >>> queue = FeatureQueue(dim=2, length=3)
        >>> queue.enqueue(torch.eye(2))
        >>> queue.features[:, :2]
        tensor([[1., 0.],
                [0., 1.]])
    """

    def __init__(self, dim: int = 128, length: int = 65536) -> None:
        super().__init__()
        if length < 1:
            raise ValueError(f'A queue needs a length of at least 1, not {length}.')
        # Key by key in memory: so the loss reads them fastest, and a key is written in
        # one piece. A million of them are normalised without a copy.
        keys = torch.randn(length, dim)
        self.register_buffer('features', F.normalize(keys, dim=1, out=keys).t())
        self.register_buffer('pointer', torch.zeros((), dtype=torch.long))

    @property
    def length(self) -> int:
        """Number of keys K."""
        return self.features.shape[1]

    @torch.no_grad()
    def enqueue(self, keys: Tensor) -> None:
        """Write the keys of all ranks over the oldest ones.

        Args:
            keys (Tensor): This rank's keys, L2-normalised, (n, D); every rank brings
                as many.

        Raises:
            ValueError: If all ranks together bring more keys than the queue holds.
        """
        keys = torch.cat(all_gather(keys.to(self.features.dtype)))  # n * ranks, D
        if len(keys) > self.length:
            raise ValueError(
                f'A step brings {len(keys)} keys, but the queue holds {self.length}: '
                'raise queue_len or lower the batch size.'
            )
        # Indexing on the device spares the host a wait for the pointer.
        places = self.pointer + torch.arange(len(keys), device=keys.device)
        places = places % self.length
        finite = keys.isfinite().all(dim=1, keepdim=True)  # n * ranks, 1
        old = self.features.t()  # K, D
        old[places] = keys.where(finite, old[places])
        self.pointer.add_(len(keys)).remainder_(self.length)

    def extra_repr(self) -> str:
        """Show the size when the model is printed."""
        return f'dim={self.features.shape[0]}, length={self.length}'
