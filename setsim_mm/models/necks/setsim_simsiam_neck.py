"""The projectors of SetSim on SimSiam."""

from setsim_mm.host import MODELS

from ..utils import simsiam_mlp
from .parallel_projectors import ParallelProjectors


@MODELS.register_module()
class SetSimSiamNeck(ParallelProjectors):
    """g_img and g_set of SetSim on SimSiam (section 4.1).

    The image-level projector is SimSiam's: average pooling and three fc layers with
    BatchNorm. The set-level projector is the same with 1x1 convolutions.

    Args:
        in_channels (int): Channels C of the backbone's feature map.
        hid_channels (int): Hidden channels of each projector.
        out_channels (int): Dimension D of both projections. Defaults to 2048 (SimSiam).
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None, that
            of PyTorch.
    """

    def __init__(
        self,
        in_channels: int,
        hid_channels: int,
        out_channels: int = 2048,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        channels = in_channels, hid_channels, hid_channels, out_channels
        super().__init__(
            in_channels,
            out_channels,
            image_projector=simsiam_mlp(*channels, last_norm=True),
            set_projector=simsiam_mlp(*channels, convolutional=True, last_norm=True),
            init_cfg=init_cfg,
        )
