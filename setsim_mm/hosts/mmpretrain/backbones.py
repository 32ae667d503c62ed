"""Backbones of MMPretrain with the arguments and the defaults of MMSelfSup's."""

from collections.abc import Sequence
from typing import Any

from mmpretrain.models import backbones, selfsup
from torch import Tensor, nn

from setsim_mm.registry import MODELS


class CountedFromStem(nn.Module):
    """Mixin: a ResNet whose stages are counted from the stem.

    Args:
        depth (int): Depth of the network, such as 50.
        out_indices (Sequence[int]): The feature maps to return: 0 is the stem, 1 to 4
            are the stages. MMPretrain counts the stages from 0. Defaults to (4,).
        zero_init_residual (bool): Whether the last normalisation of each block begins
            at zero. Defaults to False; MMPretrain's default is True.
        **kwargs (Any): Other arguments of MMPretrain's class.
    """

    def __init__(
        self,
        depth: int,
        out_indices: Sequence[int] = (4,),
        zero_init_residual: bool = False,
        **kwargs: Any,
    ) -> None:
        # (3,) passes the check of MMPretrain, which does not return the stem.
        super().__init__(
            depth=depth,
            out_indices=(3,),
            zero_init_residual=zero_init_residual,
            **kwargs,
        )
        self.out_indices = out_indices

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Compute the feature maps of images (N, 3, height, width)."""
        if self.deep_stem:
            x = self.stem(x)
        else:
            x = self.relu(self.norm1(self.conv1(x)))
        maps = [x]
        x = self.maxpool(x)
        for name in self.res_layers:
            x = getattr(self, name)(x)
            maps.append(x)
        return tuple(map_ for i, map_ in enumerate(maps) if i in self.out_indices)


@MODELS.register_bridge
class ResNet(CountedFromStem, backbones.ResNet):
    """ResNet of MMPretrain with the stages and the initialisation of MMSelfSup's."""


@MODELS.register_bridge
class ResNetV1d(CountedFromStem, backbones.ResNetV1d):
    """ResNetV1d with the stages and the initialisation of MMSelfSup's."""


@MODELS.register_bridge
class ResNeXt(CountedFromStem, backbones.ResNeXt):
    """ResNeXt with the stages and the initialisation of MMSelfSup's."""


@MODELS.register_bridge
class MoCoV3ViT(selfsup.MoCoV3ViT):
    """Vision transformer of MoCo-v3 with the outputs of MMSelfSup's.

    Args:
        output_cls_token (bool): Whether an output is the feature map together with the
            class token, or the map alone. MMPretrain's ``out_type`` is the class token
            alone by default. Defaults to True.
        **kwargs (Any): Other arguments of MMPretrain's class, except ``out_type``.
    """

    def __init__(self, output_cls_token: bool = True, **kwargs: Any) -> None:
        super().__init__(out_type='featmap', **kwargs)
        self.output_cls_token = output_cls_token

    def _format_output(self, x: Tensor, hw: tuple[int, int]) -> Tensor | list[Tensor]:
        feature_map = super()._format_output(x, hw)
        return [feature_map, x[:, 0]] if self.output_cls_token else feature_map
