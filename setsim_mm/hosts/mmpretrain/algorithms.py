"""Algorithms of MMPretrain with the arguments and the modes of MMSelfSup's."""

from typing import Any

from mmpretrain.models import selfsup
from torch import Tensor, nn

from setsim_mm.registry import MODELS

from .heads import make_callable


class AsInMMSelfSup:
    """Mixin: parts are found without a default scope, and features are one view's.

    MMPretrain builds the parts by its own registry. Under no default scope that finds
    its own classes in place of the bridges. Its heads become callable.

    Args:
        backbone (dict | nn.Module): Config of the backbone.
        neck (dict | nn.Module, optional): Config of the neck. Defaults to None.
        head (dict | nn.Module, optional): Config of the head. Defaults to None.
        **kwargs (Any): Other arguments of the algorithm.
    """

    backbone: nn.Module

    def __init__(
        self,
        backbone: dict | nn.Module,
        neck: dict | nn.Module | None = None,
        head: dict | nn.Module | None = None,
        **kwargs: Any,
    ) -> None:
        parts = dict(backbone=backbone, neck=neck, head=head)
        for name, part in parts.items():
            if isinstance(part, dict):
                parts[name] = MODELS.build(part)
        super().__init__(**parts, **kwargs)
        if self.with_head:
            make_callable(self.head)

    def extract_feat(
        self, inputs: list[Tensor] | Tensor, **kwargs: object
    ) -> tuple[Tensor, ...]:
        """Return the backbone's features of the first view, (N, C, H, W) each."""
        return self.backbone(inputs if isinstance(inputs, Tensor) else inputs[0])


class KeptMomentum:
    """Mixin: ``momentum`` is the weight of the key encoder, as in MMSelfSup.

    Args:
        *args (Any): Arguments of the algorithm.
        momentum (float): Share of the key encoder that a step keeps. Defaults to
            0.999. MMPretrain's argument is 1 - momentum.
        **kwargs (Any): Arguments of the algorithm.
    """

    def __init__(self, *args: Any, momentum: float = 0.999, **kwargs: Any) -> None:
        super().__init__(*args, momentum=1 - momentum, **kwargs)


class BaseModel(AsInMMSelfSup, selfsup.BaseSelfSupervisor):
    """Base of the algorithms of this package, which can also predict."""

    def forward(
        self,
        inputs: list[Tensor],
        data_samples: list | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """Compute features, losses or predictions.

        Args:
            inputs (list[Tensor]): The views, (N, 3, height, width) each.
            data_samples (list, optional): The samples. Defaults to None.
            mode (str): ``'tensor'``, ``'loss'`` or ``'predict'``. Defaults to
                ``'tensor'``.
        """
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def predict(self, inputs: list[Tensor], data_samples: list | None = None) -> Any:
        """Predict; algorithms that are evaluated in this way override it."""
        raise NotImplementedError


@MODELS.register_bridge
class MoCo(KeptMomentum, AsInMMSelfSup, selfsup.MoCo):
    """MoCo with the momentum of MMSelfSup."""


@MODELS.register_bridge
class DenseCL(KeptMomentum, AsInMMSelfSup, selfsup.DenseCL):
    """DenseCL with the momentum of MMSelfSup."""


@MODELS.register_bridge
class SimCLR(AsInMMSelfSup, selfsup.SimCLR):
    """SimCLR with the parts and the features of MMSelfSup."""


@MODELS.register_bridge
class SimSiam(AsInMMSelfSup, selfsup.SimSiam):
    """SimSiam with the parts and the features of MMSelfSup."""
