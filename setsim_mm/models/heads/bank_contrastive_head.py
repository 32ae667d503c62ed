"""The loss of one step of QK Iteration."""

import torch
from mmengine.model import BaseModule
from torch import Tensor

from setsim_mm.host import MODELS

from ..losses.bank_contrastive import bank_contrastive_loss
from ..memories import KeyBank


@MODELS.register_module()
class BankContrastiveHead(BaseModule):
    """Contrast of each query with its own key and all others of a bank.

    Args:
        temperature (float): τ. The paper's value is not known. Defaults to 0.1.
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None.

    Raises:
        ValueError: If the temperature is not positive.
    """

    def __init__(
        self, temperature: float = 0.1, init_cfg: dict | list[dict] | None = None
    ) -> None:
        super().__init__(init_cfg)
        if temperature <= 0:
            raise ValueError(f'temperature must be positive, but is {temperature}.')
        self.temperature = temperature

    def forward(
        self, queries: Tensor, bank: KeyBank, images: Tensor
    ) -> dict[str, Tensor]:
        """Compute the loss.

        Args:
            queries (Tensor): L2-normalised encodings of the side that learns, (N, D).
            bank (KeyBank): Keys of the other side.
            images (Tensor): The images' indices in the data set, long, (N,).

        Returns:
            dict[str, Tensor]: ``loss``, and for the log the mean cosine of the queries
            with their keys, ``positive_similarity``.
        """
        positives = bank.positives(images)  # N, D
        loss = bank_contrastive_loss(
            queries,
            positives,
            bank.negatives,
            bank.excluded(images),
            self.temperature,
        )
        with torch.no_grad():
            similarity = (queries * positives).sum(dim=1).mean()
        return {'loss': loss, 'positive_similarity': similarity}
