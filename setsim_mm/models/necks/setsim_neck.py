"""The projectors of SetSim on MoCo-v2."""

from torch import nn

from setsim_mm.host import MODELS

from .parallel_projectors import ParallelProjectors


@MODELS.register_module()
class SetSimNeck(ParallelProjectors):
    """g_img and g_set of SetSim (section 3.2): the image and the set projection of z.

    The image-level projector is average pooling and fc-relu-fc. The set-level projector
    is two 1x1 convolutions with a ReLU between them.

    Args:
        in_channels (int): Channels C of the backbone's feature map.
        hid_channels (int): Hidden channels of each projector.
        out_channels (int): Dimension D of both projections. Defaults to 128.
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None, that
            of PyTorch.
    """

    def __init__(
        self,
        in_channels: int,
        hid_channels: int,
        out_channels: int = 128,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            image_projector=nn.Sequential(
                nn.Linear(in_channels, hid_channels),
                nn.ReLU(inplace=True),
                nn.Linear(hid_channels, out_channels),
            ),
            set_projector=nn.Sequential(
                nn.Conv2d(in_channels, hid_channels, kernel_size=1),
                nn.ReLU(inplace=True),
                nn.Conv2d(hid_channels, out_channels, kernel_size=1),
            ),
            init_cfg=init_cfg,
        )
