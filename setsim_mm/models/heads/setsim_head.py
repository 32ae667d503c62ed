"""The losses of one direction of SetSim on MoCo-v2."""

from torch import Tensor
from torch.nn import functional as F

from setsim_mm.host import MODELS
from setsim_mm.structures import EncodedView

from .two_level_head import TwoLevelHead


@MODELS.register_module()
class SetSimHead(TwoLevelHead):
    """(1 - λ)·L_img + λ·L_set, Eq. 9 of SetSim, with queues of negatives.

    Args:
        loss (dict): Config of the contrastive loss of both levels.
        loss_lambda (float): λ, the weight of the set level, between 0 and 1: 0 is
            MoCo-v2 alone. Defaults to 0.5 (paper, below Eq. 9).

    Raises:
        ValueError: If λ lies outside [0, 1].
    """

    def forward(
        self,
        query: EncodedView,
        key: EncodedView,
        correspondence: Tensor,
        image_negatives: Tensor,
        set_negatives: Tensor,
    ) -> dict[str, Tensor]:
        """Compute the weighted losses of both levels on L2-normalised projections.

        Args:
            query (EncodedView): The query view, with gradient.
            key (EncodedView): The key view, without gradient.
            correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
            image_negatives (Tensor): The image level's queue, (D, K).
            set_negatives (Tensor): The set level's queue, (D, K).

        Returns:
            dict[str, Tensor]: ``loss_image`` = (1 - λ)·L_img and ``loss_set`` =
            λ·L_set, scalars whose sum is the total loss.
        """
        images = (F.normalize(view.image_projection) for view in (query, key))
        sets = (F.normalize(view.set_projection) for view in (query, key))
        return {
            'loss_image': self.image_loss(*images, image_negatives),
            'loss_set': self.set_loss(*sets, correspondence, set_negatives),
        }
