"""Log-sum-exp of similarities with a bank of negatives, in constant memory."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .excluded_columns import exclude_columns

# Number of logits in memory on a CPU: queries times columns of a tile. 2**22 of them
# take 16 MB in float32, enough for an efficient matrix product.
LOGITS_AT_ONCE = 2**22
# On a GPU larger tiles need fewer kernels: a power of two of at most this share of its
# memory, such as 2**28 logits (1 GB) for 80 GB.
SHARE_OF_GPU = 1 / 64
# Number of values of a bank on another device or of another type that are converted at
# a time: 2**24 of them take 64 MB in float32.
CONVERTED_AT_ONCE = 2**24

# PyTorch's attention on a CPU with the log-sum-exp as a second output. A private
# operator; it may change. Without it the bank is processed in tiles.
ATTENTION = '_scaled_dot_product_flash_attention_for_cpu'
# Queries that one block of a GPU processes in memory-efficient attention.
QUERIES_OF_A_BLOCK = 64

# Returns the means (P, 1, R, D) and log-sum-exps (P, 1, R) of P parts of the bank.
Attention = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]


def logits_at_once(device: torch.device) -> int:
    """Return the default number of logits in memory on a device.

    Args:
        device (torch.device): On a GPU, its memory decides.

    Returns:
        int: :data:`LOGITS_AT_ONCE` on a CPU, at least that on a GPU.
    """
    if device.type != 'cuda':
        return LOGITS_AT_ONCE
    memory = torch.cuda.get_device_properties(device).total_memory
    return logits_for(memory)


def logits_for(memory: int) -> int:
    """Compute the default number of logits for a GPU.

    Args:
        memory (int): Memory of the GPU in bytes.

    Returns:
        int: A power of two, at least :data:`LOGITS_AT_ONCE`.

    Examples:
        >>> [logits_for(gib << 30).bit_length() - 1 for gib in (0, 8, 24, 80)]
        [22, 25, 26, 28]
    """
    logits = int(memory * SHARE_OF_GPU / 4)
    return max(LOGITS_AT_ONCE, 1 << max(0, logits.bit_length() - 1))


def _logsumexp_and_mean(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    excluded: Tensor | None,
    with_mean: bool,
    logits: int,
    gpu_attention: bool,
) -> tuple[Tensor, Tensor | None]:
    """Return the log-sum-exp, (R,), and the bank's softmax-weighted mean, (R, D)."""
    device = queries.device
    alike = bank.dtype == queries.dtype and bank.device == device
    if excluded is None and alike and len(queries) > 0 and bank.t().is_contiguous():
        if device.type == 'cpu' and hasattr(torch.ops.aten, ATTENTION):
            parts = math.gcd(bank.shape[1], torch.get_num_threads())
            return _attend(queries, bank, temperature, parts, _attention_on_cpu)
        if device.type == 'cuda' and gpu_attention:
            processors = torch.cuda.get_device_properties(device).multi_processor_count
            parts = _parts_on_gpu(len(queries), bank.shape[1], processors)
            return _attend(queries, bank, temperature, parts, _attention_on_gpu)
    return _sweep(queries, bank, temperature, excluded, with_mean, logits)


def _attend(
    queries: Tensor, bank: Tensor, temperature: float, parts: int, attention: Attention
) -> tuple[Tensor, Tensor]:
    """Compute both with attention, whose keys and values are the bank.

    The bank is split into parts, since there may be few queries for all threads. It
    must be stored key by key, as in :class:`~setsim_mm.models.FeatureQueue`.
    """
    dim, length = bank.shape
    keys = bank.t().view(parts, 1, length // parts, dim)
    means, logsumexps = attention(
        queries.expand(parts, 1, -1, -1), keys, 1 / temperature
    )  # P, 1, R, D and P, 1, R
    logsumexp = logsumexps.logsumexp(dim=0)  # 1, R
    shares = (logsumexps - logsumexp).exp()  # P, 1, R
    mean = (means * shares[..., None]).sum(dim=0)  # 1, R, D
    # The operator treats a query with NaN as masked; restore the NaN.
    nan = (0 * queries).sum(dim=1)  # R, 0 for finite queries
    return logsumexp[0] + nan, mean[0] + nan[:, None]


def _attention_on_cpu(
    queries: Tensor, keys: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    return getattr(torch.ops.aten, ATTENTION)(queries, keys, keys, scale=scale)


def _attention_on_gpu(
    queries: Tensor, keys: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """Call memory-efficient attention. A private operator; it may change."""
    means, logsumexps, *_ = torch.ops.aten._scaled_dot_product_efficient_attention(
        queries, keys, keys, None, True, scale=scale
    )
    # The kernel pads the queries.
    return means, logsumexps[..., : queries.shape[2]]


def _parts_on_gpu(rows: int, length: int, processors: int) -> int:
    """Return a number of parts that occupies all processors twice."""
    blocks = math.ceil(rows / QUERIES_OF_A_BLOCK)
    wanted = max(1, 2 * processors // blocks)
    return math.gcd(length, 1 << (wanted.bit_length() - 1))


def _sweep(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    excluded: Tensor | None,
    with_mean: bool,
    logits: int,
) -> tuple[Tensor, Tensor | None]:
    """Compute both over tiles of the bank, with a running maximum and running sums."""
    # Not -inf, whose difference from itself is NaN in rows that exclude a whole tile.
    lowest = torch.finfo(queries.dtype).min
    maximum = queries.new_full((len(queries), 1), lowest)
    total = torch.zeros_like(maximum)
    weighted = torch.zeros_like(queries) if with_mean else None
    scaled = queries / temperature
    columns = max(1, logits // max(1, len(queries)))
    if bank.dtype != queries.dtype or bank.device != queries.device:
        columns = min(columns, max(1, CONVERTED_AT_ONCE // len(bank)))
    for start in range(0, bank.shape[1], columns):
        tile = bank[:, start : start + columns].to(scaled)  # D, T
        weights = scaled @ tile  # R, T
        if excluded is not None:
            exclude_columns(weights, excluded - start)
        new_maximum = torch.maximum(maximum, weights.amax(dim=1, keepdim=True))
        rescale = (maximum - new_maximum).exp()
        weights.sub_(new_maximum).exp_()
        total = total * rescale + weights.sum(dim=1, keepdim=True)
        if weighted is not None:
            weighted = weighted.mul_(rescale).addmm_(weights, tile.t())
        maximum = new_maximum
    logsumexp = (maximum + total.log()).squeeze(1)
    # The largest term of a row is 1; only a row without any term has a total of 0.
    return logsumexp, None if weighted is None else weighted / total.clamp(min=1)


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
        logits: int,
        gpu_attention: bool,
    ) -> Tensor:
        needed = ctx.needs_input_grad[0]
        logsumexp, mean = _logsumexp_and_mean(
            queries, bank, temperature, excluded, needed, logits, gpu_attention
        )
        ctx.temperature = temperature
        if needed:
            ctx.save_for_backward(mean)
        return logsumexp

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (mean,) = ctx.saved_tensors
        return gradient[:, None] * mean / ctx.temperature, *[None] * 5


def bank_logsumexp(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    max_logits: int | None = None,
    gpu_attention: bool = False,
    excluded: Tensor | None = None,
) -> Tensor:
    """Compute log Σ_b exp(q·b / τ) for every query.

    Equal to ``torch.logsumexp(queries @ bank / temperature, dim=1)``, with the same
    gradient, but the bank is read in tiles, of which one is in memory. On a CPU it is
    fastest if the bank is stored key by key, as in
    :class:`~setsim_mm.models.FeatureQueue`; attention then replaces the tiles.

    Args:
        queries (Tensor): (R, D).
        bank (Tensor): Negatives, (D, K) with K >= 1. Gets no gradient. In half
            precision, or on another device, it is converted tile by tile.
        temperature (float): τ.
        max_logits (int, optional): Maximum number of logits in a tile. Defaults to
            None, :func:`logits_at_once`.
        gpu_attention (bool): Whether a GPU uses memory-efficient attention instead of
            tiles, for a bank that is stored key by key. Defaults to False.
        excluded (Tensor, optional): Columns of the bank that are no negatives of a
            query, long, (R, M); others than 0 to K - 1 have no effect. Defaults to
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
            queries.to(dtype),
            bank.detach(),
            temperature,
            excluded,
            max_logits or logits_at_once(queries.device),
            gpu_attention,
        )
