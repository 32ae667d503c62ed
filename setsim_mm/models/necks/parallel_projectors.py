"""Base of the necks: an image-level and a set-level projector in parallel."""

from mmengine.model import BaseModule
from torch import Tensor, nn


class ParallelProjectors(BaseModule):
    """Base of the necks: g_img of the pooled map and g_set of every position.

    Args:
        in_channels (int): Channels C of the backbone's feature map.
        out_channels (int): Dimension D of both projections.
        image_projector (nn.Module): From (N, C) to (N, D).
        set_projector (nn.Module): From (N, C, H, W) to (N, D, H, W).
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None, that
            of PyTorch.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        image_projector: nn.Module,
        set_projector: nn.Module,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.image_projector = image_projector
        self.set_projector = set_projector

    def forward(self, feature_map: Tensor) -> tuple[Tensor, Tensor]:
        """Project a feature map at both levels.

        Args:
            feature_map (Tensor): Backbone features z, (N, C, H, W).

        Returns:
            tuple[Tensor, Tensor]: Image projection (N, D) and set projection
            (N, D, H, W), not normalised.

        Raises:
            ValueError: If the map has another number of channels.
        """
        if feature_map.shape[1] != self.in_channels:
            raise ValueError(
                f'The backbone returns {feature_map.shape[1]} channels, but the neck '
                f'expects {self.in_channels}: set model.neck.in_channels to '
                f'{feature_map.shape[1]}.'
            )
        image_projection = self.image_projector(feature_map.mean(dim=(2, 3)))
        set_projection = self.set_projector(feature_map)
        return image_projection, set_projection
