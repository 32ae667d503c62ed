"""The set-level contrastive loss: Eq. 8 of SetSim."""

import torch
from torch import Tensor, nn

from setsim_mm.host import MODELS

from .bank import bank_logsumexp
from .positions import check_maps, mean_over_images


def set_contrastive_loss(
    query: Tensor,
    key: Tensor,
    correspondence: Tensor,
    negatives: Tensor,
    temperature: float = 0.2,
) -> Tensor:
    """Pull every query position to its corresponding set, away from the negatives.

    For a query position i with positives P_i, negatives B and s = p·p/τ,

        L_i = log(Σ_{j∈P_i} exp s_ij + Σ_{b∈B} exp s_ib) - mean_{j∈P_i} s_ij,

    which is Eq. 8 exactly. The loss of an image is the mean of L_i over its positions
    with a positive, the batch's the mean over images; an image with none contributes
    0 (the paper writes a sum over i, its authors' program takes these means). Only
    positions with a positive are compared with the negatives.

    MoCo's InfoNCE is the case of one position: maps of 1x1 and one positive.

    Args:
        query (Tensor): Query projections, L2-normalised over D, (N, D, Hq, Wq).
        key (Tensor): Key projections, L2-normalised over D, (N, D, Hk, Wk).
        correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
        negatives (Tensor): L2-normalised, (D, K) with K >= 1. Gets no gradient.
        temperature (float): τ. Defaults to 0.2.

    Returns:
        Tensor: A scalar, in float32 at least, autocast or not.

    Raises:
        ValueError: If shapes do not fit together or the temperature is not positive.
    """
    if temperature <= 0:
        raise ValueError(f'temperature must be positive, but is {temperature}.')
    check_maps(query, key, correspondence)
    if negatives.dim() != 2 or negatives.shape[0] != query.shape[1]:
        raise ValueError(
            f'negatives must have the shape (D, K) with D = {query.shape[1]}, but '
            f'have {tuple(negatives.shape)}.'
        )
    dtype = torch.promote_types(query.dtype, torch.float32)
    with torch.autocast(query.device.type, enabled=False):
        query, key = query.to(dtype).flatten(2), key.to(dtype).flatten(2)  # N, D, HW
        matched = correspondence.any(dim=2)  # N, HWq
        image, position = matched.nonzero(as_tuple=True)  # R each
        rows = query.transpose(1, 2)[image, position]  # R, D

        positive = correspondence[image, position]  # R, HWk
        similarity = (query.transpose(1, 2) @ key)[image, position] / temperature
        positive_logsumexp = similarity.masked_fill(~positive, -torch.inf).logsumexp(1)
        positive_mean = similarity.masked_fill(~positive, 0).sum(1) / positive.sum(1)
        negative_logsumexp = bank_logsumexp(rows, negatives, temperature)

        losses = torch.logaddexp(positive_logsumexp, negative_logsumexp) - positive_mean
        return mean_over_images(losses, image, matched)


@MODELS.register_module()
class SetContrastiveLoss(nn.Module):
    """:func:`set_contrastive_loss` with its temperature.

    Args:
        temperature (float): τ. Defaults to 0.2 (paper, section 3.3).
    """

    def __init__(self, temperature: float = 0.2) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature must be positive, but is {temperature}.')
        self.temperature = temperature

    def forward(
        self, query: Tensor, key: Tensor, correspondence: Tensor, negatives: Tensor
    ) -> Tensor:
        """See :func:`set_contrastive_loss`."""
        return set_contrastive_loss(
            query, key, correspondence, negatives, self.temperature
        )

    def extra_repr(self) -> str:
        """Show the hyper-parameter when the model is printed."""
        return f'temperature={self.temperature}'
