"""Necks of MMPretrain with the arguments and the defaults of MMSelfSup's."""

from typing import Any

from mmpretrain.models import necks

from setsim_mm.registry import MODELS


@MODELS.register_bridge
class LinearNeck(necks.LinearNeck):
    """Linear projection without normalisation.

    Args:
        in_channels (int): Channels of the input.
        out_channels (int): Channels of the output.
        with_avg_pool (bool): Whether to average the input, a feature map, before.
            Defaults to True.
        **kwargs (Any): ``init_cfg``. MMPretrain's other arguments, of which
            ``norm_cfg`` adds BatchNorm by default, are fixed.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        with_avg_pool: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            gap_dim=2 if with_avg_pool else 0,
            norm_cfg=None,
            **kwargs,
        )
