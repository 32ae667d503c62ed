"""InfoNCE against a bank that has the positives, too."""

import torch
from torch import Tensor

from .bank import bank_logsumexp


def bank_contrastive_loss(
    queries: Tensor,
    positives: Tensor,
    bank: Tensor,
    excluded: Tensor,
    temperature: float = 0.2,
) -> Tensor:
    """Compute InfoNCE of queries with a positive each and a shared bank.

    L_i = log(exp s_i + Σ_b exp s_ib) - s_i, with s = q·k/τ and the sum over the columns
    of the bank that are not excluded. The result is the mean over the queries.

    Args:
        queries (Tensor): L2-normalised, (N, D).
        positives (Tensor): L2-normalised keys of the queries, (N, D). Get no gradient.
        bank (Tensor): L2-normalised, (D, K). Gets no gradient.
        excluded (Tensor): Columns that are no negatives of a query, such as its own
            key and those of its copies, long, (N, M); -1 fills.
        temperature (float): τ. Defaults to 0.2.

    Returns:
        Tensor: A scalar, in float32 at least, also under autocast.

    Raises:
        ValueError: If the temperature is not positive.
    """
    if temperature <= 0:
        raise ValueError(f'temperature must be positive, but is {temperature}.')
    dtype = torch.promote_types(queries.dtype, torch.float32)
    with torch.autocast(queries.device.type, enabled=False):
        queries, positives = queries.to(dtype), positives.detach().to(dtype)
        positive = (queries * positives).sum(dim=1) / temperature  # N
        negative = bank_logsumexp(queries, bank, temperature, excluded=excluded)  # N
        return (torch.logaddexp(positive, negative) - positive).mean()
