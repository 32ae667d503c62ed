"""Log-sum-exp of similarities with a bank of negatives, in constant memory."""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Number of logits in memory: queries times columns of a tile. 2**22 of them take 16 MB
# in float32, enough for an efficient matrix product.
LOGITS_AT_ONCE = 2**22
# Number of values of a bank on another device or of another type that are converted at
# a time: 2**24 of them take 64 MB in float32.
CONVERTED_AT_ONCE = 2**24

# PyTorch's attention on a CPU with the log-sum-exp as a second output. A private
# operator; it may change. Without it the bank is processed in tiles.
ATTENTION = '_scaled_dot_product_flash_attention_for_cpu'


def _logsumexp_and_mean(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    excluded: Tensor | None,
    with_mean: bool,
) -> tuple[Tensor, Tensor | None]:
    """Return the log-sum-exp, (R,), and the bank's softmax-weighted mean, (R, D)."""
    if (
        excluded is None
        and bank.dtype == queries.dtype
        and queries.device.type == bank.device.type == 'cpu'
        and len(queries) > 0
        and bank.t().is_contiguous()
        and hasattr(torch.ops.aten, ATTENTION)
    ):
        return _attend(queries, bank, temperature)
    return _sweep(queries, bank, temperature, excluded, with_mean)


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
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    excluded: Tensor | None,
    with_mean: bool,
) -> tuple[Tensor, Tensor | None]:
    """Compute both over tiles of the bank, with a running maximum and running sums."""
    # Not -inf, whose difference from itself is NaN in rows that exclude a whole tile.
    lowest = torch.finfo(queries.dtype).min
    maximum = queries.new_full((len(queries), 1), lowest)
    total = torch.zeros_like(maximum)
    weighted = torch.zeros_like(queries) if with_mean else None
    scaled = queries / temperature
    columns = max(1, LOGITS_AT_ONCE // max(1, len(queries)))
    if bank.dtype != queries.dtype or bank.device != queries.device:
        columns = min(columns, max(1, CONVERTED_AT_ONCE // len(bank)))
    for start in range(0, bank.shape[1], columns):
        tile = bank[:, start : start + columns].to(scaled)  # D, T
        logits = scaled @ tile  # R, T
        if excluded is not None:
            _exclude(logits, excluded - start)
        largest = logits.amax(dim=1, keepdim=True)
        new_maximum = torch.maximum(maximum, largest)
        rescale = (maximum - new_maximum).exp()
        weights = logits.sub_(new_maximum).exp_()
        total = total * rescale + weights.sum(dim=1, keepdim=True)
        if weighted is not None:
            weighted = weighted.mul_(rescale).addmm_(weights, tile.t())
        maximum = new_maximum
    logsumexp = (maximum + total.log()).squeeze(1)
    # The largest term of a row is 1; only a row without any term has a total of 0.
    return logsumexp, None if weighted is None else weighted / total.clamp(min=1)


def _exclude(logits: Tensor, columns: Tensor) -> None:
    """Set logits (R, T) to -inf in columns (R, M); columns outside are ignored.

    Excluding is exact. Subtracting the terms from the sum would cancel: an image's own
    key is the largest term by far.
    """
    inside = (columns >= 0) & (columns < logits.shape[1])
    # The minimum with inf changes nothing, whatever the order of equal columns.
    values = logits.new_full((), torch.inf).expand(columns.shape)
    values = values.masked_fill(inside, -torch.inf)
    logits.scatter_reduce_(1, columns.clamp(0, logits.shape[1] - 1), values, 'amin')


class _BankLogSumExp(torch.autograd.Function):
    """Log-sum-exp whose gradient, the softmax-weighted mean, is computed in forward.

    Only that mean, (R, D), is saved for backward: the queue may be overwritten in place
    between forward and backward, and backward need not read the bank again.
    """

    @staticmethod
    def forward(
        ctx,
        queries: Tensor,
        bank: Tensor,
        temperature: float,
        excluded: Tensor | None,
    ) -> Tensor:
        needed = ctx.needs_input_grad[0]
        logsumexp, mean = _logsumexp_and_mean(
            queries, bank, temperature, excluded, needed
        )
        ctx.temperature = temperature
        if needed:
            ctx.save_for_backward(mean)
        return logsumexp

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (mean,) = ctx.saved_tensors
        return gradient[:, None] * mean / ctx.temperature, None, None, None


def bank_logsumexp(
    queries: Tensor, bank: Tensor, temperature: float, excluded: Tensor | None = None
) -> Tensor:
    """Compute log Σ_b exp(q·b / τ) for every query.

    Equal to ``torch.logsumexp(queries @ bank / temperature, dim=1)``, with the same
    gradient, but at most :data:`LOGITS_AT_ONCE` logits are in memory. On a CPU it is
    fastest if the bank is stored key by key, as in
    :class:`~setsim_mm.models.FeatureQueue`, has the queries' type, and nothing is
    excluded.

    Args:
        queries (Tensor): (R, D).
        bank (Tensor): Negatives, (D, K) with K >= 1. Gets no gradient. It may be in
            half precision, in host memory or mapped from a file: a tile at a time is
            converted.
        temperature (float): τ.
        excluded (Tensor, optional): Columns of the bank that are no negatives of a
            query, long, (R, M). Entries outside 0 to K - 1 have no effect. Defaults to
            None.

    Returns:
        Tensor: (R,), in float32 at least, also under autocast. -inf for a query that
        excludes the whole bank.

    Raises:
        ValueError: If the bank is empty.
    """
    if bank.shape[1] == 0:
        raise ValueError('The bank has no negatives; it needs at least one column.')
    dtype = torch.promote_types(queries.dtype, torch.float32)
    with torch.autocast(queries.device.type, enabled=False):
        return _BankLogSumExp.apply(
            queries.to(dtype), bank.detach(), temperature, excluded
        )
