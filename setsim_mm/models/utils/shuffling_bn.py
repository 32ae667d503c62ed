"""Shuffling BN: normalise keys among other images than their queries."""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from mmengine.dist import get_rank, get_world_size
from torch import Tensor

from setsim_mm.utils.random_state import shared_generator


class ShufflingBN:
    """Draw a random shuffle of the images of every batch.

    Several processes exchange images with each other. A single process changes their
    order, and thereby their groups in grouped BatchNorm
    (:mod:`~setsim_mm.models.utils.grouped_batch_norm`).

    Args:
        ranks (int, optional): Number of consecutive ranks that exchange images, such as
            those of one machine to avoid the network. Defaults to None, all ranks, as
            in MoCo.
        in_groups (bool): Whether BatchNorm is grouped. Otherwise a single process keeps
            the order. Defaults to False.

    Raises:
        ValueError: If ``ranks`` is less than 2.
    """

    def __init__(self, ranks: int | None = None, in_groups: bool = False) -> None:
        if ranks is not None and ranks < 2:
            raise ValueError(
                f'shuffling BN needs at least 2 ranks that exchange images, not {ranks}'
                ': set shuffle_ranks to the number of GPUs of a machine, or to None '
                'for all.'
            )
        self.ranks = ranks
        self.in_groups = in_groups
        self._has_group = False
        self._group: dist.ProcessGroup | None = None

    def draw(self, batch_size: int) -> 'BatchShuffle | LocalShuffle':
        """Draw the shuffle of a batch. All ranks must call it together.

        Args:
            batch_size (int): Images on this rank, the same number on all ranks.

        Returns:
            BatchShuffle | LocalShuffle: Between the ranks of a group, or within the
            batch of a single process.

        Raises:
            ValueError: If the ranks cannot be divided into groups.
        """
        if get_world_size() == 1:
            generator = shared_generator() if self.in_groups else None
            return LocalShuffle(batch_size, generator)
        if not self._has_group:
            # Not in __init__: the process group may be created after the model.
            self._group = _group_of_this_rank(self.ranks)
            self._has_group = True
        return BatchShuffle(batch_size, shared_generator(), self._group)


class LocalShuffle:
    """Random order of the images of one process, and its inverse.

    Args:
        batch_size (int): Images in the batch.
        generator (torch.Generator, optional): Generator on the CPU. None keeps the
            order.
    """

    def __init__(self, batch_size: int, generator: torch.Generator | None) -> None:
        self.order = None
        if generator is not None:
            self.order = torch.randperm(batch_size, generator=generator)

    def shuffle(self, images: Tensor) -> Tensor:
        """Return the images, (N, ...), in random order."""
        if self.order is None:
            return images
        return images[self.order.to(images.device, non_blocking=True)]

    def unshuffle(self, *encoded: Tensor) -> list[Tensor]:
        """Return tensors of shuffled images, (N, ...) each, in the original order."""
        if self.order is None:
            return list(encoded)
        inverse = self.order.argsort().to(encoded[0].device, non_blocking=True)
        return [tensor[inverse] for tensor in encoded]


class BatchShuffle:
    """Random exchange of images between ranks, and its inverse.

    MoCo gathers all images on every rank and keeps a part. Here each image is sent only
    to the rank that encodes it, so that no tensor is larger than a batch. The images
    that share a BatchNorm batch are drawn with the same distribution as in MoCo.

    Args:
        batch_size (int): Images on this rank, the same number on all ranks.
        generator (torch.Generator): Generator on the CPU, in the same state on all
            ranks.
        group (ProcessGroup, optional): Ranks that take part. Defaults to None, all.
    """

    def __init__(
        self,
        batch_size: int,
        generator: torch.Generator,
        group: dist.ProcessGroup | None = None,
    ) -> None:
        ranks, rank = get_world_size(group), get_rank(group)
        shuffled = torch.randperm(ranks * batch_size, generator=generator)
        # Row r: destination of each image of rank r; every rank gets batch_size.
        destinations = (shuffled // batch_size).view(ranks, batch_size)
        mine = destinations[rank]
        self.order = mine.argsort()
        self.sent = mine.bincount(minlength=ranks).tolist()
        self.received = (destinations == rank).sum(dim=1).tolist()
        self.group = group

    def shuffle(self, images: Tensor) -> Tensor:
        """Send images, (N, ...), to other ranks; return those to encode here."""
        order = self.order.to(images.device, non_blocking=True)
        (others,) = self._exchange([images[order]], self.sent, self.received)
        return others

    def unshuffle(self, *encoded: Tensor) -> list[Tensor]:
        """Send tensors of exchanged images, (N, ...) each, back to the images' ranks.

        They are sent together, so that ranks wait for each other once.
        """
        returned = self._exchange(encoded, self.received, self.sent)
        order = self.order.to(returned[0].device, non_blocking=True)
        restored = [torch.empty_like(tensor) for tensor in returned]
        for tensor, unordered in zip(restored, returned, strict=True):
            tensor[order] = unordered
        return restored

    def _exchange(
        self, tensors: Sequence[Tensor], sent: list[int], received: list[int]
    ) -> list[Tensor]:
        results = [
            tensor.new_empty((sum(received), *tensor.shape[1:])) for tensor in tensors
        ]
        # One call per tensor: packing them would cost more in copies than it saves.
        pending = [
            dist.all_to_all_single(
                result, tensor.contiguous(), received, sent, self.group, async_op=True
            )
            for result, tensor in zip(results, tensors, strict=True)
        ]
        for work in pending:
            work.wait()
        return results


def _group_of_this_rank(ranks: int | None) -> dist.ProcessGroup | None:
    """Divide all ranks into groups; return that of this rank, or None for all."""
    world_size = get_world_size()
    if ranks is None or world_size <= ranks:
        return None
    if world_size % ranks:
        raise ValueError(
            f'{world_size} processes cannot be divided into groups of '
            f'shuffle_ranks={ranks}: set it to a number that divides them, or to None.'
        )
    group, _ = dist.new_subgroups(ranks)
    return group
