"""The set-level contrastive loss: Eq. 8 of SetSim."""

import torch
from torch import Tensor, nn

from setsim_mm.host import MODELS

from .bank import bank_logsumexp
from .positions import check_maps, mean_over_images, rows_of


def set_contrastive_loss(
    query: Tensor,
    key: Tensor,
    correspondence: Tensor,
    negatives: Tensor,
    temperature: float = 0.2,
    max_logits: int | None = None,
    gpu_attention: bool = False,
    count_rows: bool = True,
    bfloat16_bank: bool = False,
) -> Tensor:
    """Compute the set-level contrastive loss.

    For a query position i with positives P_i, negatives B and s = p·p/τ,

        L_i = log(Σ_{j∈P_i} exp s_ij + Σ_{b∈B} exp s_ib) - mean_{j∈P_i} s_ij,

    which is Eq. 8. The loss of an image is the mean of L_i over its positions with a
    positive, 0 if there are none. The result is the mean over images. (The paper writes
    a sum over i; the authors' program computes these means.)

    On maps of 1x1 with one positive this is MoCo's InfoNCE.

    Args:
        query (Tensor): Query projections, L2-normalised over D, (N, D, Hq, Wq).
        key (Tensor): Key projections, L2-normalised over D, (N, D, Hk, Wk).
        correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
        negatives (Tensor): L2-normalised, (D, K) with K >= 1. Gets no gradient.
        temperature (float): τ. Defaults to 0.2.
        max_logits (int, optional): See :func:`bank_logsumexp`. Defaults to None, by the
            device.
        gpu_attention (bool): See :func:`bank_logsumexp`. Defaults to False.
        count_rows (bool): Whether to compute the rows with a positive only, for which
            the CPU waits for a GPU. Otherwise all N·Hq·Wq rows are computed, and those
            without a positive have the weight 0. Defaults to True.
        bfloat16_bank (bool): See :func:`bank_logsumexp`. The loss errs by up to
            :func:`~setsim_mm.models.losses.bank.bfloat16_error`. Defaults to False.

    Returns:
        Tensor: A scalar, in float32 at least, also under autocast.

    Raises:
        ValueError: If shapes do not match or the temperature is not positive.
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
        image, position = rows_of(matched, count_rows)  # R each
        rows = query.transpose(1, 2)[image, position]  # R, D

        positive = correspondence[image, position]  # R, HWk
        # Rows without a positive need finite values; their weight is 0 below.
        positive = positive | ~matched[image, position, None]
        similarity = (query.transpose(1, 2) @ key)[image, position] / temperature
        positive_logsumexp = similarity.masked_fill(~positive, -torch.inf).logsumexp(1)
        positive_mean = similarity.masked_fill(~positive, 0).sum(1) / positive.sum(1)
        negative_logsumexp = bank_logsumexp(
            rows,
            negatives,
            temperature,
            max_logits,
            gpu_attention,
            bfloat16_bank=bfloat16_bank,
        )

        losses = torch.logaddexp(positive_logsumexp, negative_logsumexp) - positive_mean
        return mean_over_images(losses, image, position, matched)


@MODELS.register_module()
class SetContrastiveLoss(nn.Module):
    """:func:`set_contrastive_loss` as a module.

    Args:
        temperature (float): τ. Defaults to 0.2 (paper, section 3.3).
        max_logits (int, optional): See :func:`set_contrastive_loss`, as the next three.
            Defaults to None, by the device.
        gpu_attention (bool): Defaults to False.
        count_rows (bool): Defaults to True.
        bfloat16_bank (bool): Defaults to False.
    """

    def __init__(
        self,
        temperature: float = 0.2,
        max_logits: int | None = None,
        gpu_attention: bool = False,
        count_rows: bool = True,
        bfloat16_bank: bool = False,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f'temperature must be positive, but is {temperature}.')
        if max_logits is not None and max_logits < 1:
            raise ValueError(
                f'max_logits must be at least 1, but is {max_logits}: None chooses it '
                'by the device.'
            )
        self.temperature = temperature
        self.max_logits = max_logits
        self.gpu_attention = gpu_attention
        self.count_rows = count_rows
        self.bfloat16_bank = bfloat16_bank

    def forward(
        self, query: Tensor, key: Tensor, correspondence: Tensor, negatives: Tensor
    ) -> Tensor:
        """See :func:`set_contrastive_loss`."""
        return set_contrastive_loss(
            query,
            key,
            correspondence,
            negatives,
            self.temperature,
            self.max_logits,
            self.gpu_attention,
            self.count_rows,
            self.bfloat16_bank,
        )

    def extra_repr(self) -> str:
        """Return the hyper-parameters for ``print(model)``."""
        return f'temperature={self.temperature}'
