"""The momentum copy of backbone and neck that encodes the keys."""

from copy import deepcopy

import torch
from torch import Tensor, nn


class MomentumEncoder(nn.Module):
    """The key encoder of MoCo: θ_k ← m·θ_k + (1 - m)·θ_q.

    Unlike mmengine's ``ExponentialMovingAverage`` it uses MoCo's m (such as 0.999), has
    its own BatchNorm statistics as in MoCo, and updates all parameters in a few fused
    calls.

    The first update copies the query encoder, whose weights may have been initialised
    or loaded after construction.

    Args:
        backbone (nn.Module): Backbone of the query encoder.
        neck (nn.Module): Neck of the query encoder.
        momentum (float): m. Defaults to 0.999.

    Raises:
        ValueError: If the momentum lies outside [0, 1].
    """

    updates: Tensor

    def __init__(
        self, backbone: nn.Module, neck: nn.Module, momentum: float = 0.999
    ) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise ValueError(f'momentum must lie between 0 and 1, but is {momentum}.')
        self.backbone = deepcopy(backbone).requires_grad_(False)
        self.neck = deepcopy(neck).requires_grad_(False)
        self.momentum = momentum
        self.register_buffer('updates', torch.zeros((), dtype=torch.long))
        # True after an update: reading the buffer would make the CPU wait for the GPU.
        self._is_updated = False

    @torch.no_grad()
    def update(self, backbone: nn.Module, neck: nn.Module) -> None:
        """Update the parameters from backbone and neck of the query encoder."""
        if not self._is_updated and self.updates == 0:
            self.backbone.load_state_dict(backbone.state_dict())
            self.neck.load_state_dict(neck.state_dict())
        else:
            torch._foreach_lerp_(
                _parameters(self.backbone, self.neck),
                _parameters(backbone, neck),
                1 - self.momentum,
            )
        self._is_updated = True
        self.updates += 1

    def _load_from_state_dict(self, *args: object, **kwargs: object) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._is_updated = False

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'momentum={self.momentum}'


def _parameters(*modules: nn.Module) -> list[Tensor]:
    return [parameter for module in modules for parameter in module.parameters()]
