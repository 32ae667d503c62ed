"""The head of a C4 detector's regions: a ResNet's fourth stage and a BatchNorm."""

from mmcv.cnn import build_norm_layer
from mmdet.models.backbones import ResNet
from mmdet.models.layers import ResLayer
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

# What detectron2's ResNet and mmdet's do without a checkpoint; mmdet's ResLayer alone
# leaves convolutions to PyTorch's default.
FROM_SCRATCH = [
    dict(type='Kaiming', layer='Conv2d'),
    dict(type='Constant', val=1, layer='_BatchNorm'),
]


@MODELS.register_module()
class Res5ExtraNorm(BaseModule):
    """Res5 with a BatchNorm of its own behind it, from MoCo's detectron2 configs.

    It is mmselfsup's ``ResLayerExtraNorm`` for a ResNet of any depth and width.

    Args:
        depth (int): Of the ResNet, such as 50.
        norm_cfg (dict): Config of every norm.
        base_channels (int): Channels of its stem. Defaults to 64.
        style (str): ``'pytorch'`` where the 3x3 convolution has the stride, ``'caffe'``
            where the first 1x1 convolution has it. Defaults to ``'pytorch'``.
        init_cfg (dict | list[dict], optional): How to initialise. A checkpoint names
            the stage as a backbone does, ``layer4``. Defaults to None:
            :data:`FROM_SCRATCH`.
    """

    def __init__(
        self,
        depth: int,
        norm_cfg: dict,
        base_channels: int = 64,
        style: str = 'pytorch',
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(FROM_SCRATCH if init_cfg is None else init_cfg)
        block, blocks = ResNet.arch_settings[depth]
        channels = 8 * base_channels
        self.layer4 = ResLayer(
            block,
            channels // 2 * block.expansion,
            channels,
            blocks[3],
            stride=2,
            style=style,
            norm_cfg=norm_cfg,
        )
        self.norm = build_norm_layer(norm_cfg, channels * block.expansion)[1]

    def forward(self, regions: Tensor) -> Tensor:
        """Give the features of regions.

        Args:
            regions (Tensor): Cut from the third stage's map, (R, C, H, W).

        Returns:
            Tensor: (R, 2C, H/2, W/2).
        """
        return self.norm(self.layer4(regions))
