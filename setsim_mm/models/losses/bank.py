"""Log-sum-exp of similarities with a bank of negatives, in constant memory."""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Number of logits in memory: queries times columns of a tile. 2**22 of them take 16 MB
# in float32, enough for an efficient matrix product.
LOGITS_AT_ONCE = 2**22

# PyTorch's attention on a CPU with the log-sum-exp as a second output. A private
# operator; it may change. Without it the bank is processed in tiles.
ATTENTION = '_scaled_dot_product_flash_attention_for_cpu'


def _logsumexp_and_mean(
    queries: Tensor, bank: Tensor, temperature: float, with_mean: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the log-sum-exp, (R,), and the bank's softmax-weighted mean, (R, D)."""
    if (
        queries.device.type == 'cpu'
        and len(queries) > 0
        and bank.t().is_contiguous()
        and hasattr(torch.ops.aten, ATTENTION)
    ):
        return _attend(queries, bank, temperature)
    return _sweep(queries, bank, temperature, with_mean)


def _attend(queries: Tensor, bank: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Compute both with CPU attention, whose keys and values are the bank.

    The bank is split over the threads, since there may be few queries. It must be
    stored key by key, as in :class:`~setsim_mm.models.FeatureQueue`.
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
    # The operator treats a query with NaN as masked; restore the NaN.
    nan = (0 * queries).sum(dim=1)  # R, 0 for finite queries
    return logsumexp[0] + nan, mean[0] + nan[:, None]


def _sweep(
    queries: Tensor, bank: Tensor, temperature: float, with_mean: bool
) -> tuple[Tensor, Tensor | None]:
    """Compute both over tiles of the bank, with a running maximum and running sums."""
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
        if weighted is not None:
            weighted = weighted.mul_(rescale).addmm_(weights, tile.t())
        maximum = new_maximum
    logsumexp = (maximum + total.log()).squeeze(1)
    return logsumexp, None if weighted is None else weighted / total


class _BankLogSumExp(torch.autograd.Function):
    """Log-sum-exp whose gradient, the softmax-weighted mean, is computed in forward.

    Only that mean, (R, D), is saved for backward: the queue may be overwritten in place
    between forward and backward, and backward need not read the bank again.
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
    """Compute log Σ_b exp(q·b / τ) for every query.

    Equal to ``torch.logsumexp(queries @ bank / temperature, dim=1)``, with the same
    gradient, but at most :data:`LOGITS_AT_ONCE` logits are in memory. On a CPU it is
    fastest if the bank is stored key by key, as in
    :class:`~setsim_mm.models.FeatureQueue`.

    Args:
        queries (Tensor): (R, D).
        bank (Tensor): Negatives, (D, K) with K >= 1. Gets no gradient.
        temperature (float): τ.

    Returns:
        Tensor: (R,), in float32 at least, also under autocast.

    Raises:
        ValueError: If the bank is empty.
    """
    if bank.shape[1] == 0:
        raise ValueError('The bank has no negatives; it needs at least one column.')
    dtype = torch.promote_types(queries.dtype, torch.float32)
    with torch.autocast(queries.device.type, enabled=False):
        return _BankLogSumExp.apply(
            queries.to(dtype), bank.detach().to(dtype), temperature
        )
