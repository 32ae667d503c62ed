"""MoCo and DenseCL of mmselfsup with grouped BatchNorm for training in one process.

A comparison with :class:`SetSim` in one process is fair only with the same groups.
Nothing else differs from mmselfsup's classes. Checkpoints are interchangeable.
"""

from typing import Any

from mmengine.dist import get_world_size
from torch import Tensor, nn

from setsim_mm.host import MODELS, DenseCL, MoCo
from setsim_mm.utils.random_state import shared_generator

from ..utils import LocalShuffle, group_batch_norm


class LocalShufflingBN:
    """Hooks that shuffle the images inside a module, in one process.

    In several processes mmselfsup itself shuffles around the key encoder.

    Args:
        module (nn.Module): Receives and returns tensors (N, ...), or tuples of them.
    """

    def __init__(self, module: nn.Module) -> None:
        self._shuffle: LocalShuffle | None = None
        module.register_forward_pre_hook(self.before)
        module.register_forward_hook(self.after)

    def before(self, module: nn.Module, inputs: tuple) -> tuple:
        """Forward pre-hook: return the inputs in a random order."""
        if not module.training or get_world_size() > 1:
            return inputs
        self._shuffle = LocalShuffle(_batch_size(inputs), shared_generator())
        return _map(self._shuffle.shuffle, inputs)

    def after(self, module: nn.Module, inputs: tuple, output: Any) -> Any:
        """Forward hook: return the output in the order of the inputs."""
        if self._shuffle is None:
            return output
        shuffle, self._shuffle = self._shuffle, None
        return _map(lambda tensor: shuffle.unshuffle(tensor)[0], output)


class GroupsInOneProcess(nn.Module):
    """Mixin that groups the BatchNorm of an mmselfsup algorithm with ``encoder_k``.

    Args:
        *args (Any): Arguments of the algorithm.
        bn_group_size (int, optional): See :class:`SetSim`. Defaults to 32.
        **kwargs (Any): Arguments of the algorithm.

    Raises:
        ValueError: If ``bn_group_size`` is less than 2.
    """

    backbone: nn.Module
    neck: nn.Module
    encoder_k: Any

    def __init__(
        self, *args: Any, bn_group_size: int | None = 32, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bn_group_size = bn_group_size
        encoders = self.backbone, self.neck, self.encoder_k
        if group_batch_norm(bn_group_size, *encoders):
            for part in self.encoder_k.module:  # backbone, neck
                LocalShufflingBN(part)


@MODELS.register_module()
class GroupedMoCo(GroupsInOneProcess, MoCo):
    """MoCo of mmselfsup with ``bn_group_size``."""


@MODELS.register_module()
class GroupedDenseCL(GroupsInOneProcess, DenseCL):
    """DenseCL of mmselfsup with ``bn_group_size``."""


def _map(function: Any, value: Any) -> Any:
    """Return nested tuples and lists with a function applied to each tensor."""
    if isinstance(value, Tensor):
        return function(value)
    return type(value)(_map(function, part) for part in value)


def _batch_size(value: Any) -> int:
    return len(value) if isinstance(value, Tensor) else _batch_size(value[0])
