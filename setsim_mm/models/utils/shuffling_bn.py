"""Shuffling BN: keys are normalised among other images than their queries are."""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from mmengine.dist import get_rank, get_world_size
from torch import Tensor

from setsim_mm.utils.random_state import shared_generator


class ShufflingBN:
    """Draws a new exchange of images for every batch.

    Several processes exchange images with each other. One process changes their order,
    which decides their group where BatchNorm normalises in groups
    (:mod:`~setsim_mm.models.utils.grouped_batch_norm`).

    Args:
        ranks (int, optional): How many consecutive ranks exchange images with each
            other: those of a machine, so that no image crosses the network. A run of
            no more ranks is one group. Defaults to None, all of them, as in MoCo.
        in_groups (bool): Whether BatchNorm normalises in groups, among which one
            process shuffles. Otherwise it keeps the order. Defaults to False.

    Raises:
        ValueError: If the number is less than 2.
    """

    def __init__(self, ranks: int | None = None, in_groups: bool = False) -> None:
        if ranks is not None and ranks < 2:
            raise ValueError(
                f'shuffling BN needs at least 2 ranks that exchange images, not {ranks}'
                ': set shuffle_ranks to the GPUs of a machine, or to None for all.'
            )
        self.ranks = ranks
        self.in_groups = in_groups
        self._has_group = False
        self._group: dist.ProcessGroup | None = None

    def draw(self, batch_size: int) -> 'BatchShuffle | LocalShuffle':
        """Draw the exchange of a batch; all ranks must do so at the same time.

        Args:
            batch_size (int): Images of this rank; every rank has as many.

        Returns:
            BatchShuffle | LocalShuffle: Among this rank's group, or within the batch
            of the only process.

        Raises:
            ValueError: If the ranks cannot be divided into groups.
        """
        if get_world_size() == 1:
            generator = shared_generator() if self.in_groups else None
            return LocalShuffle(batch_size, generator)
        if not self._has_group:
            # Not before: the process group may come after the model.
            self._group = _group_of_this_rank(self.ranks)
            self._has_group = True
        return BatchShuffle(batch_size, shared_generator(), self._group)


class LocalShuffle:
    """A random order of the images of one process and the way back.

    Args:
        batch_size (int): Images of the batch.
        generator (torch.Generator, optional): On the CPU. None keeps the order.
    """

    def __init__(self, batch_size: int, generator: torch.Generator | None) -> None:
        self.order = None
        if generator is not None:
            self.order = torch.randperm(batch_size, generator=generator)

    def shuffle(self, images: Tensor) -> Tensor:
        """Return the images, (N, ...), in the random order."""
        return images if self.order is None else images[self.order.to(images.device)]

    def unshuffle(self, *encoded: Tensor) -> list[Tensor]:
        """Return what was made of the images, (N, ...) each, in their old order."""
        if self.order is None:
            return list(encoded)
        back = self.order.argsort().to(encoded[0].device)
        return [tensor[back] for tensor in encoded]


class BatchShuffle:
    """A random exchange of images between ranks and the way back.

    MoCo gathers every rank's images on every rank and keeps its share. Here each rank
    sends an image only to the rank that encodes it, so that nothing larger than a
    batch is ever held. Which images share a BatchNorm batch is as random as there;
    their order within it does not matter to BatchNorm.

    Args:
        batch_size (int): Images of this rank; every rank has as many.
        generator (torch.Generator): On the CPU and in the same state on every rank.
        group (ProcessGroup, optional): The ranks that take part. Defaults to None,
            all.
    """

    def __init__(
        self,
        batch_size: int,
        generator: torch.Generator,
        group: dist.ProcessGroup | None = None,
    ) -> None:
        ranks, rank = get_world_size(group), get_rank(group)
        shuffled = torch.randperm(ranks * batch_size, generator=generator)
        # Row r: to which rank each image of rank r goes; every rank gets batch_size.
        destinations = (shuffled // batch_size).view(ranks, batch_size)
        mine = destinations[rank]
        self.order = mine.argsort()
        self.sent = mine.bincount(minlength=ranks).tolist()
        self.received = (destinations == rank).sum(dim=1).tolist()
        self.group = group

    def shuffle(self, images: Tensor) -> Tensor:
        """Send the images away and get as many others.

        Args:
            images (Tensor): (N, ...).

        Returns:
            Tensor: The images of all ranks that this one encodes, (N, ...).
        """
        order = self.order.to(images.device)
        (others,) = self._exchange([images[order]], self.sent, self.received)
        return others

    def unshuffle(self, *encoded: Tensor) -> list[Tensor]:
        """Return what was made of the images to where they came from.

        Args:
            *encoded (Tensor): (N, ...) each, in the order that :meth:`shuffle` gave.
                They travel together, so that ranks wait for each other once.

        Returns:
            list[Tensor]: (N, ...) each, in the order of the images before
            :meth:`shuffle`.
        """
        returned = self._exchange(encoded, self.received, self.sent)
        order = self.order.to(returned[0].device)
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
        # To pack them into one would copy more than it spares.
        under_way = [
            dist.all_to_all_single(
                result, tensor.contiguous(), received, sent, self.group, async_op=True
            )
            for result, tensor in zip(results, tensors, strict=True)
        ]
        for work in under_way:
            work.wait()
        return results


def _group_of_this_rank(ranks: int | None) -> dist.ProcessGroup | None:
    """Divide all ranks into groups and give this one's; None for all together."""
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
