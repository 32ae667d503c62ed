"""Log-sum-exp of similarities with a bank of negatives, in constant memory."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .bank_attention import attend, attention_for
from .excluded_columns import exclude_columns

# Number of logits in memory on a CPU: queries times columns of a tile. 2**20 of them
# take 4 MB in float32, so that a tile stays in the processor's cache.
LOGITS_AT_ONCE = 2**20
# On a GPU larger tiles need fewer kernels: a power of two of at most this share of its
# memory, such as 2**28 logits (1 GB) for 80 GB.
SHARE_OF_GPU = 1 / 64
# Number of values of a bank on another device or of another type that are converted at
# a time: 2**24 of them take 64 MB in float32.
CONVERTED_AT_ONCE = 2**24


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
        [20, 25, 26, 28]
    """
    logits = int(memory * SHARE_OF_GPU / 4)
    return max(LOGITS_AT_ONCE, 1 << max(0, logits.bit_length() - 1))


def bfloat16_error(temperature: float) -> float:
    """Return the largest error of the log-sum-exp with ``bfloat16_bank``.

    Rounding to 8 bits changes a number by a factor 1 + ε with |ε| <= u = 2^-8. It
    changes a product q_i·b_i by at most (2u + u²)·|q_i·b_i|, and q·b of unit vectors by
    at most 2u + u² (Cauchy-Schwarz). No log-sum-exp changes by more than its largest
    logit does. The softmax-weighted mean of the bank changes by at most this error and
    3·u(1 + u)² for the rounded keys, weights and results. The error of float32 is not
    included.

    Args:
        temperature (float): τ.

    Returns:
        float: (2u + u²)/τ.

    Examples:
        >>> round(bfloat16_error(0.2), 4)
        0.0391
    """
    unit = torch.finfo(torch.bfloat16).eps / 2
    return (2 * unit + unit**2) / temperature


def _logsumexp_and_mean(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    excluded: Tensor | None,
    with_mean: bool,
    logits: int,
    gpu_attention: bool,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor | None]:
    """Return the log-sum-exp, (R,), and the bank's softmax-weighted mean, (R, D).

    ``dtype`` is the type of the factors: that of the queries, or bfloat16.
    """
    kernel = None
    if excluded is None and dtype in (bank.dtype, torch.bfloat16):
        kernel = attention_for(queries, bank, gpu_attention)
    if kernel is not None:
        return attend(queries, bank, temperature, *kernel, dtype)
    # Float32 products of rounded values: as exact, but not faster.
    rounded = queries.to(dtype).to(queries.dtype)
    return _sweep(rounded, bank, temperature, excluded, with_mean, logits, dtype)


def _sweep(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    excluded: Tensor | None,
    with_mean: bool,
    logits: int,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor | None]:
    """Compute both over tiles of the bank, with a running maximum and running sums."""
    # Not -inf, whose difference from itself is NaN in rows that exclude a whole tile.
    lowest = torch.finfo(queries.dtype).min
    maximum = queries.new_full((len(queries), 1), lowest)
    total = torch.zeros_like(maximum)
    weighted = torch.zeros_like(queries) if with_mean else None
    scaled = queries / temperature
    columns = max(1, logits // max(1, len(queries)))
    if not bank.dtype == dtype == queries.dtype or bank.device != queries.device:
        columns = min(columns, max(1, CONVERTED_AT_ONCE // len(bank)))
    for start in range(0, bank.shape[1], columns):
        tile = bank[:, start : start + columns].to(dtype).to(scaled)  # D, T
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
        *options: Any,
    ) -> Tensor:
        needed = ctx.needs_input_grad[0]
        logsumexp, mean = _logsumexp_and_mean(
            queries, bank, temperature, excluded, needed, *options
        )
        ctx.temperature = temperature
        if needed:
            ctx.save_for_backward(mean)
        return logsumexp

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (mean,) = ctx.saved_tensors
        return gradient[:, None] * mean / ctx.temperature, *[None] * 6


def bank_logsumexp(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    max_logits: int | None = None,
    gpu_attention: bool = False,
    excluded: Tensor | None = None,
    bfloat16_bank: bool = False,
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
        bfloat16_bank (bool): Whether queries and bank are rounded to bfloat16 in their
            products, whose sums stay in float32; the result then errs by up to
            :func:`bfloat16_error`. It is faster where attention replaces the tiles and
            the device multiplies bfloat16 faster than float32. Attention then needs a
            copy of the bank in bfloat16. Defaults to False.

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
            torch.bfloat16 if bfloat16_bank else dtype,
        )
