"""The slowly moving copy of backbone and neck that encodes the keys."""

from copy import deepcopy

import torch
from torch import Tensor, nn


class MomentumEncoder(nn.Module):
    """The key encoder of MoCo: θ_k ← m·θ_k + (1 - m)·θ_q.

    Unlike mmengine's ``ExponentialMovingAverage`` it takes MoCo's m (0.999 and the
    like), keeps BatchNorm statistics of its own as MoCo's key encoder does, and
    updates all parameters in a few fused calls.

    The first update copies the query encoder, so that weights which were initialised
    or loaded after construction are shared by both.

    Args:
        backbone (nn.Module): The query side's backbone.
        neck (nn.Module): The query side's neck.
        momentum (float): m. Defaults to 0.999.

    Raises:
        ValueError: If the momentum lies outside [0, 1].
    """

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
        # Asking the buffer makes the host wait for the device; once is enough.
        self._follows = False

    @torch.no_grad()
    def update(self, backbone: nn.Module, neck: nn.Module) -> None:
        """Move one step towards the query encoder.

        Args:
            backbone (nn.Module): The query side's backbone.
            neck (nn.Module): The query side's neck.
        """
        if not self._follows and self.updates == 0:
            self.backbone.load_state_dict(backbone.state_dict())
            self.neck.load_state_dict(neck.state_dict())
        else:
            torch._foreach_lerp_(
                _parameters(self.backbone, self.neck),
                _parameters(backbone, neck),
                1 - self.momentum,
            )
        self._follows = True
        self.updates += 1

    def _load_from_state_dict(self, *args: object, **kwargs: object) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._follows = False

    def extra_repr(self) -> str:
        """Show the momentum when the model is printed."""
        return f'momentum={self.momentum}'


def _parameters(*modules: nn.Module) -> list[Tensor]:
    return [parameter for module in modules for parameter in module.parameters()]
