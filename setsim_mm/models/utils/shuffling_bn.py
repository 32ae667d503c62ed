"""Shuffling BN: keys are normalised among other images than their queries are."""

import torch
import torch.distributed as dist
from mmengine.dist import get_rank, get_world_size, is_distributed, sync_random_seed
from torch import Tensor


class BatchShuffle:
    """A random exchange of images between ranks and the way back.

    MoCo gathers every rank's images on every rank and keeps its share. Here each rank
    sends an image only to the rank that encodes it, so that nothing larger than a
    batch is ever held. Which images share a BatchNorm batch is as random as there;
    their order within it does not matter to BatchNorm.

    Without other ranks nothing moves.

    Args:
        batch_size (int): Images of this rank; every rank has as many.
        generator (torch.Generator): On the CPU and in the same state on every rank.
    """

    def __init__(self, batch_size: int, generator: torch.Generator) -> None:
        ranks = get_world_size()
        shuffled = torch.randperm(ranks * batch_size, generator=generator)
        # Row r: to which rank each image of rank r goes; every rank gets batch_size.
        destinations = (shuffled // batch_size).view(ranks, batch_size)
        mine = destinations[get_rank()]
        self.order = mine.argsort()
        self.sent = mine.bincount(minlength=ranks).tolist()
        self.received = (destinations == get_rank()).sum(dim=1).tolist()

    def shuffle(self, images: Tensor) -> Tensor:
        """Send the images away and get as many others.

        Args:
            images (Tensor): (N, ...).

        Returns:
            Tensor: The images of all ranks that this one encodes, (N, ...).
        """
        if not is_distributed():
            return images
        order = self.order.to(images.device)
        return _exchange(images[order], self.sent, self.received)

    def unshuffle(self, encoded: Tensor) -> Tensor:
        """Return what was made of the images to where they came from.

        Args:
            encoded (Tensor): (N, ...), in the order that :meth:`shuffle` gave.

        Returns:
            Tensor: (N, ...), in the order of the images before :meth:`shuffle`.
        """
        if not is_distributed():
            return encoded
        returned = _exchange(encoded, self.received, self.sent)
        restored = torch.empty_like(returned)
        restored[self.order.to(returned.device)] = returned
        return restored


def shared_generator() -> torch.Generator:
    """A generator on the CPU that starts in the same state on every rank."""
    return torch.Generator().manual_seed(sync_random_seed())


def _exchange(tensor: Tensor, sent: list[int], received: list[int]) -> Tensor:
    result = tensor.new_empty((sum(received), *tensor.shape[1:]))
    dist.all_to_all_single(result, tensor.contiguous(), received, sent)
    return result
