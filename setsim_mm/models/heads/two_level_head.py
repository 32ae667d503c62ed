"""Base of the heads: weighted losses of the image and the set level."""

import torch
from mmengine.model import BaseModule
from torch import Tensor

from setsim_mm.host import MODELS


class TwoLevelHead(BaseModule):
    """Base of the heads: (1 - λ)·L_img + λ·L_set, Eq. 9 of SetSim.

    L_img is the loss between maps on maps of one position with one positive.
    """

    def __init__(
        self,
        loss: dict,
        loss_lambda: float = 0.5,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if not 0 <= loss_lambda <= 1:
            raise ValueError(
                f'loss_lambda must lie between 0 and 1, but is {loss_lambda}: 0 is '
                'the image level alone, 1 the set level alone.'
            )
        self.loss_module = MODELS.build(loss)
        self.loss_lambda = loss_lambda

    def image_loss(self, query: Tensor, key: Tensor, *negatives: Tensor) -> Tensor:
        """Compute (1 - λ)·L_img.

        Args:
            query (Tensor): Vectors of the query view, (N, D).
            key (Tensor): Vectors of the key view, (N, D).
            *negatives (Tensor): Further arguments of the loss.
        """
        itself = query.new_ones((len(query), 1, 1), dtype=torch.bool)
        query, key = query[:, :, None, None], key[:, :, None, None]
        return (1 - self.loss_lambda) * self.loss_module(query, key, itself, *negatives)

    def set_loss(
        self, query: Tensor, key: Tensor, correspondence: Tensor, *negatives: Tensor
    ) -> Tensor:
        """Compute λ·L_set.

        Args:
            query (Tensor): Map of the query view, (N, D, Hq, Wq).
            key (Tensor): Map of the key view, (N, D, Hk, Wk).
            correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
            *negatives (Tensor): Further arguments of the loss.
        """
        return self.loss_lambda * self.loss_module(
            query, key, correspondence, *negatives
        )
