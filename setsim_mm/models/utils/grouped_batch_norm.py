"""BatchNorm in groups: one process normalises as several processes would.

MoCo's shuffling BN needs several batches of statistics: where one process encodes all
images, query and key of an image are normalised among the same images. MoCo's example
for one GPU therefore normalises a batch in groups (https://arxiv.org/abs/1911.05722,
section 3.3; facebookresearch/moco, colab notebook).
"""

import torch
from mmengine.dist import get_world_size
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

# Two groups of two: a variance needs two images.
SMALLEST_BATCH = 4


def number_of_groups(batch_size: int, group_size: int) -> int:
    """Compute into how many groups a batch is divided.

    Args:
        batch_size (int): Images of the batch.
        group_size (int): Images of a group.

    Returns:
        int: ``batch_size // group_size``, but at least two, so that keys can change
        groups. One for a batch of fewer than four images.

    Examples:
        >>> [number_of_groups(batch, 32) for batch in (256, 64, 40, 32, 6, 3)]
        [8, 2, 2, 2, 2, 1]
    """
    if batch_size < SMALLEST_BATCH:
        return 1
    return max(2, batch_size // group_size)


class GroupedBatchNorm(_BatchNorm):
    """Base of BatchNorm layers that normalise each group of a batch by itself.

    A group is every G-th image of a contiguous map, where one kernel normalises all G
    groups without a copy, or else a block of consecutive images. Vectors behind a
    channels-last map have other groups than the map.

    The running statistics move towards the mean of the groups' statistics. Names and
    shapes of the state dict are those of PyTorch's layers. Evaluation, and training in
    several processes, are as there.

    Attributes:
        group_size (int): Images of a group; see :func:`number_of_groups`.
    """

    group_size: int

    def forward(self, input: Tensor) -> Tensor:
        """Normalise.

        Args:
            input (Tensor): (N, C, ...).

        Returns:
            Tensor: (N, C, ...).
        """
        groups = number_of_groups(len(input), self.group_size)
        if not self.training or groups == 1 or get_world_size() > 1:
            return super().forward(input)
        self._check_input_dim(input)
        statistics = input.new_zeros(
            (2, groups, self.num_features),
            dtype=torch.promote_types(input.dtype, torch.float32),
        )
        if input.is_contiguous() and len(input) % groups == 0:
            output = self._normalize_interleaved(input, statistics)
        else:
            output = self._normalize_blocks(input, statistics)
        if self.track_running_stats:
            self._move_running_statistics(*statistics.mean(dim=1))
        return output

    def _normalize_interleaved(self, input: Tensor, statistics: Tensor) -> Tensor:
        """Normalise the groups as if they were channels; write their statistics."""
        groups = statistics.shape[1]
        grouped = input.view(-1, groups * self.num_features, *input.shape[2:])
        weight, bias = (
            torch.cat([parameter] * groups) if self.affine else None
            for parameter in (self.weight, self.bias)
        )
        return self._normalize(grouped, statistics.flatten(1), weight, bias).view_as(
            input
        )

    def _normalize_blocks(self, input: Tensor, statistics: Tensor) -> Tensor:
        """Normalise one block after the other; write their statistics."""
        groups = statistics.shape[1]
        # Their gradients are put together in one copy; those of tensor_split are not.
        sizes = [(len(input) + group) // groups for group in range(groups)]
        blocks = input.split(sizes)
        return torch.cat(
            [
                self._normalize(block, statistics[:, group], self.weight, self.bias)
                for group, block in enumerate(blocks)
            ]
        )

    def _normalize(
        self,
        input: Tensor,
        statistics: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
    ) -> Tensor:
        mean, variance = statistics
        # A momentum of 1 writes the statistics of this batch.
        return F.batch_norm(input, mean, variance, weight, bias, True, 1.0, self.eps)

    @torch.no_grad()
    def _move_running_statistics(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        momentum = self.momentum
        if momentum is None:  # PyTorch's cumulative average
            momentum = 1 / float(self.num_batches_tracked)
        running = [self.running_mean, self.running_var]
        torch._foreach_lerp_(running, [mean, variance], momentum)

    def extra_repr(self) -> str:
        """Return the description that is printed with the model."""
        return f'{super().extra_repr()}, group_size={self.group_size}'


# mmengine's init_cfg looks for the name _BatchNorm among the direct bases of a layer.
class GroupedBatchNorm1d(GroupedBatchNorm, nn.BatchNorm1d, _BatchNorm):
    """``nn.BatchNorm1d`` in groups."""


class GroupedBatchNorm2d(GroupedBatchNorm, nn.BatchNorm2d, _BatchNorm):
    """``nn.BatchNorm2d`` in groups."""


class GroupedBatchNorm3d(GroupedBatchNorm, nn.BatchNorm3d, _BatchNorm):
    """``nn.BatchNorm3d`` in groups."""


GROUPED: dict[type[nn.Module], type[GroupedBatchNorm]] = {
    nn.BatchNorm1d: GroupedBatchNorm1d,
    nn.BatchNorm2d: GroupedBatchNorm2d,
    nn.BatchNorm3d: GroupedBatchNorm3d,
}


def group_batch_norm(group_size: int | None, *modules: nn.Module) -> bool:
    """Make the BatchNorm layers of modules normalise in groups, in place.

    SyncBN and other layers stay as they are.

    Args:
        group_size (int, optional): Images of a group; None changes nothing.
        *modules (nn.Module): Their layers are changed, with their weights and hooks.

    Returns:
        bool: Whether there are layers in groups.

    Raises:
        ValueError: If a group has fewer than two images.
    """
    if group_size is None:
        return False
    if group_size < 2:
        raise ValueError(
            f'a group of bn_group_size={group_size} images has no variance: set it to '
            '32, the images of a GPU in the paper, or to None to normalise the whole '
            'batch.'
        )
    layers = [
        layer
        for module in modules
        for layer in module.modules()
        if type(layer) in GROUPED
    ]
    for layer in layers:
        layer.__class__ = GROUPED[type(layer)]
        layer.group_size = group_size
    return bool(layers)
