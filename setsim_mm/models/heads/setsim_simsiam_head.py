"""The predictors and losses of one direction of SetSim on SimSiam."""

from torch import Tensor

from setsim_mm.host import MODELS
from setsim_mm.structures import EncodedView

from ..utils import simsiam_mlp
from .two_level_head import TwoLevelHead


@MODELS.register_module()
class SetSimSiamHead(TwoLevelHead):
    """(1 - λ)·L_img + λ·L_set with SimSiam's predictors.

    The image-level predictor is SimSiam's fc-bn-relu-fc. The set-level predictor is the
    same with 1x1 convolutions, parallel to it (section 4.1). The parameter names
    contain ``predictor``, by which a config selects their learning rate.

    Args:
        in_channels (int): Dimension D of both projections.
        hid_channels (int): Hidden channels of each predictor.
        loss (dict): Config of the cosine loss of both levels.
        loss_lambda (float): λ, the weight of the set level, between 0 and 1: 0 is
            SimSiam alone. Defaults to 0.5 (paper, below Eq. 9).
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None, that
            of PyTorch.

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
        """Compute the weighted losses of both levels, without gradient to the key.

        Args:
            query (EncodedView): The query view.
            key (EncodedView): The key view.
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
