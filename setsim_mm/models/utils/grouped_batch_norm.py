"""BatchNorm in groups: normalise in one process as several processes would.

MoCo's shuffling BN needs several groups of images with their own statistics. In one
process, query and key of an image would be normalised among the same images. MoCo's
example for one GPU therefore normalises a batch in groups
(https://arxiv.org/abs/1911.05722, section 3.3; facebookresearch/moco, Colab notebook).
"""

from typing import cast

import torch
from mmengine.dist import get_world_size
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

# Two groups of two: a variance needs two images.
SMALLEST_BATCH = 4


def number_of_groups(batch_size: int, group_size: int) -> int:
    """Compute the number of groups of a batch.

    Args:
        batch_size (int): Images in the batch.
        group_size (int): Images in a group.

    Returns:
        int: ``batch_size // group_size``, but at least 2, so that keys can change
        groups, and 1 for a batch of fewer than 4 images.

    Examples:
        >>> [number_of_groups(batch, 32) for batch in (256, 64, 40, 32, 6, 3)]
        [8, 2, 2, 2, 2, 1]
    """
    if batch_size < SMALLEST_BATCH:
        return 1
    return max(2, batch_size // group_size)


class GroupedBatchNorm(_BatchNorm):
    """Base of BatchNorm layers that normalise each group of a batch separately.

    A group is every G-th image of a contiguous map, where one kernel normalises all G
    groups without a copy, and otherwise a block of consecutive images. Vectors computed
    from a channels-last map therefore have other groups than the map.

    The running statistics are updated with the mean of the groups' statistics. The
    state dict, evaluation, and training in several processes are the same as in
    PyTorch's layers.

    Attributes:
        group_size (int): Images in a group; see :func:`number_of_groups`.
    """

    group_size: int
    # None without track_running_stats, when nothing reads them.
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input, (N, C, ...)."""
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
            self._update_running_statistics(*statistics.mean(dim=1))
        return output

    def _normalize_interleaved(self, input: Tensor, statistics: Tensor) -> Tensor:
        """Normalise the groups as channels; write their statistics."""
        groups = statistics.shape[1]
        grouped = input.view(-1, groups * self.num_features, *input.shape[2:])
        weight, bias = (
            torch.cat([parameter] * groups) if self.affine else None
            for parameter in (self.weight, self.bias)
        )
        output = self._normalize(grouped, statistics.flatten(1), weight, bias)
        # Not a view: the backward pass of an in-place ReLU would copy each gradient.
        return torch.ops.aten._unsafe_view(output, input.shape)

    def _normalize_blocks(self, input: Tensor, statistics: Tensor) -> Tensor:
        """Normalise one block after the other; write their statistics."""
        groups = statistics.shape[1]
        # split needs one copy for the gradient, tensor_split several.
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
        # momentum=1 writes the statistics of this batch.
        return F.batch_norm(input, mean, variance, weight, bias, True, 1.0, self.eps)

    @torch.no_grad()
    def _update_running_statistics(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        momentum = self.momentum
        if momentum is None:  # PyTorch's cumulative average
            momentum = 1 / float(self.num_batches_tracked)
        running = [self.running_mean, self.running_var]
        torch._foreach_lerp_(running, [mean, variance], momentum)

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'{super().extra_repr()}, group_size={self.group_size}'


# mmengine's init_cfg looks for _BatchNorm among the direct bases of a layer.
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
    """Convert the BatchNorm layers of modules to grouped ones, in place.

    Weights and hooks are kept. SyncBN and other layers are not changed.

    Args:
        group_size (int, optional): Images in a group; None changes nothing.
        *modules (nn.Module): Modules that contain the layers.

    Returns:
        bool: Whether any layer was converted.

    Raises:
        ValueError: If a group has fewer than 2 images.
    """
    if group_size is None:
        return False
    if group_size < 2:
        raise ValueError(
            f'bn_group_size={group_size} is too small to compute a variance: set it to '
            '32, the images per GPU in the paper, or to None to normalise the whole '
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
        cast(GroupedBatchNorm, layer).group_size = group_size
    return bool(layers)
