"""Reference form of the set loss, which stores every logit."""

import torch
from torch import Tensor


def dense_set_contrastive_loss(
    query: Tensor,
    key: Tensor,
    correspondence: Tensor,
    negatives: Tensor,
    temperature: float = 0.2,
) -> Tensor:
    """Compute :func:`~setsim_mm.models.losses.set_contrastive_loss` in plain PyTorch.

    It is the direct form of Eq. 8: every position is compared with every negative, with
    or without a positive, and all N·HW·K logits are stored. It is a reference for the
    loss, its gradient, the time and the memory.

    Args:
        query (Tensor): Query projections, L2-normalised over D, (N, D, Hq, Wq).
        key (Tensor): Key projections, L2-normalised over D, (N, D, Hk, Wk).
        correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
        negatives (Tensor): L2-normalised, (D, K).
        temperature (float): τ. Defaults to 0.2.

    Returns:
        Tensor: A scalar.
    """
    query, key = (
        query.flatten(2).transpose(1, 2),
        key.flatten(2),
    )  # N, HWq, D; N, D, HWk
    positive = query @ key / temperature  # N, HWq, HWk
    negative = query @ negatives / temperature  # N, HWq, K

    count = correspondence.sum(dim=2)  # N, HWq
    matched = count > 0
    # Positions without a positive need finite values here; their weight is 0 below.
    chosen = correspondence | ~matched[:, :, None]
    logsumexp = torch.logaddexp(
        positive.masked_fill(~chosen, -torch.inf).logsumexp(dim=2),
        negative.logsumexp(dim=2),
    )  # N, HWq
    mean = (positive * correspondence).sum(dim=2) / count.clamp(min=1)
    of_image = ((logsumexp - mean) * matched).sum(dim=1) / matched.sum(1).clamp(min=1)
    return of_image.mean()
