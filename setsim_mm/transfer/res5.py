"""The shared RoI head of a C4 detector: a ResNet's fourth stage and a BatchNorm."""

from mmcv.cnn import build_norm_layer
from mmdet.models.backbones import ResNet
from mmdet.models.layers import ResLayer
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

# The initialisation of ResNets in detectron2 and mmdet without a checkpoint. mmdet's
# ResLayer alone uses PyTorch's default for convolutions.
FROM_SCRATCH = [
    dict(type='Kaiming', layer='Conv2d'),
    dict(type='Constant', val=1, layer='_BatchNorm'),
]


@MODELS.register_module()
class Res5ExtraNorm(BaseModule):
    """Res5 followed by a BatchNorm, from MoCo's detectron2 configs.

    It is mmselfsup's ``ResLayerExtraNorm`` for a ResNet of any depth and width.

    Args:
        depth (int): Depth of the ResNet, such as 50.
        norm_cfg (dict): Config of every norm.
        base_channels (int): Channels of the ResNet's stem. Defaults to 64.
        style (str): ``'pytorch'`` if the 3x3 convolution has the stride, ``'caffe'`` if
            the first 1x1 convolution has it. Defaults to ``'pytorch'``.
        init_cfg (dict | list[dict], optional): How to initialise. The stage's name in a
            checkpoint is ``layer4``, as in a backbone. Defaults to None,
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
        """Compute the features of regions.

        Args:
            regions (Tensor): Regions of the third stage's map, (R, C, H, W).

        Returns:
            Tensor: Features, (R, 2C, H/2, W/2).
        """
        return self.norm(self.layer4(regions))
