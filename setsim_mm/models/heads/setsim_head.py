"""The losses of one direction of SetSim."""

from mmengine.model import BaseModule
from mmselfsup.registry import MODELS
from torch import Tensor

from setsim_mm.structures import EncodedView


@MODELS.register_module()
class SetSimHead(BaseModule):
    """(1 - λ)·L_img + λ·L_set, Eq. 9 of SetSim.

    Args:
        loss (dict): Config of the contrastive loss, used on both levels: L_img is the
            loss of an image seen as one position with one positive.
        loss_lambda (float): λ, the weight of the set level, between 0 and 1. Defaults
            to 0.5 (paper, below Eq. 9).

    Raises:
        ValueError: If λ lies outside [0, 1].
    """

    def __init__(self, loss: dict, loss_lambda: float = 0.5) -> None:
        super().__init__()
        if not 0 <= loss_lambda <= 1:
            raise ValueError(
                f'loss_lambda must lie between 0 and 1, but is {loss_lambda}: 0 is '
                'MoCo-v2 alone, 1 the set level alone.'
            )
        self.loss_module = MODELS.build(loss)
        self.loss_lambda = loss_lambda

    def forward(
        self,
        query: EncodedView,
        key: EncodedView,
        correspondence: Tensor,
        image_negatives: Tensor,
        set_negatives: Tensor,
    ) -> dict[str, Tensor]:
        """Compute both levels' weighted losses.

        Args:
            query (EncodedView): The query view, with gradient.
            key (EncodedView): The key view, without.
            correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
            image_negatives (Tensor): The image level's queue, (D, K).
            set_negatives (Tensor): The set level's queue, (D, K).

        Returns:
            dict[str, Tensor]: ``loss_image`` = (1 - λ)·L_img and ``loss_set`` =
            λ·L_set, scalars whose sum is the total loss.
        """
        one_position = key.image_projection[:, :, None, None]
        itself = correspondence.new_ones((len(correspondence), 1, 1))
        image_loss = self.loss_module(
            query.image_projection[:, :, None, None],
            one_position,
            itself,
            image_negatives,
        )
        set_loss = self.loss_module(
            query.set_projection, key.set_projection, correspondence, set_negatives
        )
        return {
            'loss_image': (1 - self.loss_lambda) * image_loss,
            'loss_set': self.loss_lambda * set_loss,
        }
