"""Log-sum-exp of similarities with a bank of negatives, without holding the logits."""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Logits that are held at once: queries times columns of a tile. 2**22 of them are 16 MB
# in float32, large enough to keep the matrix product busy.
LOGITS_AT_ONCE = 2**22

# PyTorch's attention on a CPU, in the form that also gives the log-sum-exp. Its name is
# PyTorch's own affair: without it the bank goes in tiles.
ATTENTION = '_scaled_dot_product_flash_attention_for_cpu'


def _logsumexp_and_mean(
    queries: Tensor, bank: Tensor, temperature: float, with_mean: bool
) -> tuple[Tensor, Tensor | None]:
    """Give the log-sum-exp (R,), and the bank's softmax-weighted mean (R, D)."""
    if (
        queries.device.type == 'cpu'
        and len(queries) > 0
        and bank.t().is_contiguous()
        and hasattr(torch.ops.aten, ATTENTION)
    ):
        return _attend(queries, bank, temperature)
    return _sweep(queries, bank, temperature, with_mean)


def _attend(queries: Tensor, bank: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Let attention do it, with the bank as its keys and as its values.

    Each thread takes a part of the bank, since there may be few queries. It needs the
    bank key by key in memory, as :class:`~setsim_mm.models.FeatureQueue` lays it out.
    """
    dim, length = bank.shape
    parts = math.gcd(length, torch.get_num_threads())
    keys = bank.t().view(parts, 1, length // parts, dim)
    means, logsumexps = getattr(torch.ops.aten, ATTENTION)(
        queries.expand(parts, 1, -1, -1), keys, keys, scale=1 / temperature
    )  # P, 1, R, D and P, 1, R
    logsumexp = logsumexps.logsumexp(dim=0)  # 1, R
    shares = (logsumexps - logsumexp).exp()  # P, 1, R
    mean = (means * shares[..., None]).sum(dim=0)  # 1, R, D
    # Attention takes a query that is not a number for one that is masked.
    fault = (0 * queries).sum(dim=1)  # R
    return logsumexp[0] + fault, mean[0] + fault[:, None]


def _sweep(
    queries: Tensor, bank: Tensor, temperature: float, with_mean: bool
) -> tuple[Tensor, Tensor | None]:
    """Run over the bank in tiles, keeping a running maximum and running sums."""
    maximum = queries.new_full((len(queries), 1), -torch.inf)
    total = torch.zeros_like(maximum)
    weighted = torch.zeros_like(queries) if with_mean else None
    scaled = queries / temperature
    columns = max(1, LOGITS_AT_ONCE // max(1, len(queries)))
    for tile in bank.split(columns, dim=1):
        logits = scaled @ tile  # R, T
        new_maximum = torch.maximum(maximum, logits.amax(dim=1, keepdim=True))
        rescale = (maximum - new_maximum).exp()
        weights = logits.sub_(new_maximum).exp_()
        total = total * rescale + weights.sum(dim=1, keepdim=True)
        if with_mean:
            weighted = weighted.mul_(rescale).addmm_(weights, tile.t())
        maximum = new_maximum
    logsumexp = (maximum + total.log()).squeeze(1)
    return logsumexp, weighted / total if with_mean else None


class _BankLogSumExp(torch.autograd.Function):
    """The gradient is known with the result: the bank's softmax-weighted mean.

    Saving that mean (R, D) instead of the bank lets the queue be overwritten in place
    between forward and backward, and spares backward a second run over it.
    """

    @staticmethod
    def forward(ctx, queries: Tensor, bank: Tensor, temperature: float) -> Tensor:
        needed = ctx.needs_input_grad[0]
        logsumexp, mean = _logsumexp_and_mean(queries, bank, temperature, needed)
        ctx.temperature = temperature
        if needed:
            ctx.save_for_backward(mean)
        return logsumexp

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (mean,) = ctx.saved_tensors
        return gradient[:, None] * mean / ctx.temperature, None, None


def bank_logsumexp(queries: Tensor, bank: Tensor, temperature: float) -> Tensor:
    """Compute log Σ_b exp(q·b / τ) for every query, the bank piece by piece.

    Equal to ``torch.logsumexp(queries @ bank / temperature, dim=1)`` and to its
    gradient, but never more than :data:`LOGITS_AT_ONCE` logits are held. On a CPU
    it is fastest on a bank that lies key by key in memory, as
    :class:`~setsim_mm.models.FeatureQueue` has it.

    Args:
        queries (Tensor): (R, D).
        bank (Tensor): Negatives, (D, K) with K >= 1. Gets no gradient.
        temperature (float): τ.

    Returns:
        Tensor: (R,), in float32 at least, autocast or not.

    Raises:
        ValueError: If the bank is empty.
    """
    if bank.shape[1] == 0:
        raise ValueError('The bank holds no negatives; it needs at least one column.')
    dtype = torch.promote_types(queries.dtype, torch.float32)
    with torch.autocast(queries.device.type, enabled=False):
        return _BankLogSumExp.apply(
            queries.to(dtype), bank.detach().to(dtype), temperature
        )
