"""The predictors and losses of one direction of SetSim on SimSiam."""

from torch import Tensor

from setsim_mm.host import MODELS
from setsim_mm.structures import EncodedView

from ..utils import simsiam_mlp
from .two_level_head import TwoLevelHead


@MODELS.register_module()
class SetSimSiamHead(TwoLevelHead):
    """(1 - λ)·L_img + λ·L_set in SimSiam's form: predict the other view.

    The image-level predictor is SimSiam's fc-bn-relu-fc, the set-level one the same
    with 1x1 convolutions, parallel to it (section 4.1). The names of their weights
    hold ``predictor``, by which a config fixes their learning rate.

    Args:
        in_channels (int): Dimension D of both projections.
        hid_channels (int): Channels between the two layers of either predictor.
        loss (dict): Config of the cosine loss, used on both levels.
        loss_lambda (float): λ, the weight of the set level, between 0 and 1: 0 is
            SimSiam alone. Defaults to 0.5 (paper, below Eq. 9).
        init_cfg (dict | list[dict], optional): How to initialise. Defaults to None,
            PyTorch's own.

    Raises:
        ValueError: If λ lies outside [0, 1].
    """

    def __init__(
        self,
        in_channels: int,
        hid_channels: int,
        loss: dict,
        loss_lambda: float = 0.5,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(loss, loss_lambda, init_cfg)
        channels = in_channels, hid_channels, in_channels
        self.image_predictor = simsiam_mlp(*channels)
        self.set_predictor = simsiam_mlp(*channels, convolutional=True)

    def forward(
        self, query: EncodedView, key: EncodedView, correspondence: Tensor
    ) -> dict[str, Tensor]:
        """Compute both levels' weighted losses, with the gradient stopped at the key.

        Args:
            query (EncodedView): The query view.
            key (EncodedView): The key view; it gets no gradient.
            correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).

        Returns:
            dict[str, Tensor]: ``loss_image`` = (1 - λ)·L_img and ``loss_set`` =
            λ·L_set, scalars whose sum is the total loss.
        """
        predicted_image = self.image_predictor(query.image_projection)
        predicted_set = self.set_predictor(query.set_projection)
        return {
            'loss_image': self.image_loss(
                predicted_image, key.image_projection.detach()
            ),
            'loss_set': self.set_loss(
                predicted_set, key.set_projection.detach(), correspondence
            ),
        }
