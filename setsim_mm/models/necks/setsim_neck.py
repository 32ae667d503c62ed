"""The two parallel projectors of SetSim."""

from mmengine.model import BaseModule
from mmselfsup.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class SetSimNeck(BaseModule):
    """g_img and g_set of SetSim (section 3.2): an image and a set projection of z.

    The image-level projector is average pooling and fc-relu-fc, the set-level one two
    1x1 convolutions with a ReLU between them.

    Args:
        in_channels (int): Channels C of the backbone's feature map.
        hid_channels (int): Channels between the two layers of either projector.
        out_channels (int): Dimension D of both projections. Defaults to 128.
        init_cfg (dict | list[dict], optional): How to initialise. Defaults to None,
            PyTorch's own.
    """

    def __init__(
        self,
        in_channels: int,
        hid_channels: int,
        out_channels: int = 128,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.image_projector = nn.Sequential(
            nn.Linear(in_channels, hid_channels),
            nn.ReLU(inplace=True),
            nn.Linear(hid_channels, out_channels),
        )
        self.set_projector = nn.Sequential(
            nn.Conv2d(in_channels, hid_channels, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hid_channels, out_channels, kernel_size=1),
        )

    def forward(self, feature_map: Tensor) -> tuple[Tensor, Tensor]:
        """Project a feature map on both levels.

        Args:
            feature_map (Tensor): Backbone features z, (N, C, H, W).

        Returns:
            tuple[Tensor, Tensor]: Image projection (N, D) and set projection
            (N, D, H, W), neither normalised.

        Raises:
            ValueError: If the map has another number of channels.
        """
        if feature_map.shape[1] != self.in_channels:
            raise ValueError(
                f'The backbone gives {feature_map.shape[1]} channels, but the neck '
                f'expects {self.in_channels}: set model.neck.in_channels to '
                f'{feature_map.shape[1]}.'
            )
        image_projection = self.image_projector(feature_map.mean(dim=(2, 3)))
        set_projection = self.set_projector(feature_map)
        return image_projection, set_projection
