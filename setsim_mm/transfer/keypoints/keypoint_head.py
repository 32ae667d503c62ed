"""The key-point branch of Mask R-CNN: from regions to heat maps and to key points."""

from itertools import pairwise

from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional

from .heatmaps import decode_heatmaps, keypoint_loss

# detectron2's KRCNNConvDeconvUpsampleHead: Kaiming's normal distribution with fan-out.
KAIMING = dict(type='Kaiming', layer=['Conv2d', 'ConvTranspose2d'])


@MODELS.register_module()
class KeypointHead(BaseModule):
    """3x3 convolutions, a transposed convolution, and bilinear enlargement.

    A region of 14x14 positions gets heat maps of 56x56 cells.

    Args:
        num_keypoints (int): K. Defaults to 17, COCO's people.
        num_convs (int): Number of convolutions. Defaults to 8.
        in_channels (int): Channels of the regions. Defaults to 256.
        conv_out_channels (int): Channels of the convolutions. Defaults to 512.
        norm_cfg (dict, optional): Config of a norm after each convolution. Defaults to
            None.
        roi_feat_size (int): Side of the regions, S / 4. Defaults to 14.
        loss_weight (float): Factor of the loss. Defaults to 1.0.
        init_cfg (dict | list[dict], optional): How to initialise. Defaults to None,
            :data:`KAIMING`.
    """

    def __init__(
        self,
        num_keypoints: int = 17,
        num_convs: int = 8,
        in_channels: int = 256,
        conv_out_channels: int = 512,
        norm_cfg: dict | None = None,
        roi_feat_size: int = 14,
        loss_weight: float = 1.0,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(KAIMING if init_cfg is None else init_cfg)
        self.num_keypoints = num_keypoints
        self.heatmap_size = 4 * roi_feat_size
        self.loss_weight = loss_weight
        channels = [in_channels] + num_convs * [conv_out_channels]
        self.convs = nn.Sequential(
            *(
                ConvModule(before, after, 3, padding=1, norm_cfg=norm_cfg)
                for before, after in pairwise(channels)
            )
        )
        self.upsample = nn.ConvTranspose2d(
            channels[-1], num_keypoints, 4, stride=2, padding=1
        )

    def forward(self, regions: Tensor) -> Tensor:
        """Compute heat maps.

        Args:
            regions (Tensor): Features of N regions, (N, C, S / 4, S / 4).

        Returns:
            Tensor: Logits, (N, K, S, S).
        """
        maps = self.upsample(self.convs(regions))  # (N, K, S / 2, S / 2)
        return functional.interpolate(
            maps, scale_factor=2, mode='bilinear', align_corners=False
        )

    def loss(self, heatmaps: Tensor, cells: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Compute the loss; see :func:`~.heatmaps.keypoint_loss`.

        Args:
            heatmaps (Tensor): Logits, (N, K, S, S).
            cells (Tensor): The true cells, (N, K).
            mask (Tensor): The key points that count, (N, K).

        Returns:
            dict[str, Tensor]: ``loss_keypoint``.
        """
        loss = keypoint_loss(heatmaps, cells, mask)
        return dict(loss_keypoint=self.loss_weight * loss)

    def predict(self, heatmaps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Return key points and their scores; see :func:`~.heatmaps.decode_heatmaps`.

        Args:
            heatmaps (Tensor): Logits, (N, K, S, S).
            boxes (Tensor): The boxes of the detections, (N, 4).

        Returns:
            tuple[Tensor, Tensor]: (N, K, 2) and (N, K).
        """
        return decode_heatmaps(heatmaps, boxes)
