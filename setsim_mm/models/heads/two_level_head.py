"""Base of the heads: weighted losses of the image and the set level."""

import torch
from mmengine.model import BaseModule
from torch import Tensor

from setsim_mm.host import MODELS


class TwoLevelHead(BaseModule):
    """Base of the heads: (1 - λ)·L_img + λ·L_set, Eq. 9 of SetSim.

    Args:
        loss (dict): Config of the loss between maps. Both levels use it: L_img is its
            value on a map of one position with one positive.
        loss_lambda (float): λ, the weight of the set level, between 0 and 1. Defaults
            to 0.5 (paper, below Eq. 9).
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None.

    Raises:
        ValueError: If λ lies outside [0, 1].
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
            query (Tensor): Image-level vectors of the query view, (N, D).
            key (Tensor): Image-level vectors of the key view, (N, D).
            *negatives (Tensor): Further arguments of the loss.

        Returns:
            Tensor: A scalar.
        """
        itself = query.new_ones((len(query), 1, 1), dtype=torch.bool)
        query, key = query[:, :, None, None], key[:, :, None, None]
        return (1 - self.loss_lambda) * self.loss_module(query, key, itself, *negatives)

    def set_loss(
        self, query: Tensor, key: Tensor, correspondence: Tensor, *negatives: Tensor
    ) -> Tensor:
        """Compute λ·L_set.

        Args:
            query (Tensor): Set-level map of the query view, (N, D, Hq, Wq).
            key (Tensor): Set-level map of the key view, (N, D, Hk, Wk).
            correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
            *negatives (Tensor): Further arguments of the loss.

        Returns:
            Tensor: A scalar.
        """
        return self.loss_lambda * self.loss_module(
            query, key, correspondence, *negatives
        )
