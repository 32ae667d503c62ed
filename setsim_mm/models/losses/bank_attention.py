"""Log-sum-exp over a bank by attention, whose keys and values are the bank."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

# PyTorch's attention on a CPU with the log-sum-exp as a second output. A private
# operator; it may change. Without it the bank is processed in tiles.
ATTENTION = '_scaled_dot_product_flash_attention_for_cpu'
# Queries that one block of a GPU processes in memory-efficient attention.
QUERIES_OF_A_BLOCK = 64

# Returns the means (P, 1, R, D) and log-sum-exps (P, 1, R) of P parts of the bank.
Attention = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]


def attention_for(
    queries: Tensor, bank: Tensor, gpu_attention: bool
) -> tuple[Attention, int] | None:
    """Return the attention kernel for a bank and the number of its parts.

    Args:
        queries (Tensor): (R, D).
        bank (Tensor): (D, K).
        gpu_attention (bool): Whether a GPU uses attention.

    Returns:
        tuple[Attention, int] | None: None if the bank must be processed in tiles: it is
        on another device or not stored key by key, there are no queries, or there is no
        kernel.
    """
    rows, length = len(queries), bank.shape[1]
    if rows == 0 or bank.device != queries.device or not bank.t().is_contiguous():
        return None
    if bank.device.type == 'cpu' and hasattr(torch.ops.aten, ATTENTION):
        return _attention_on_cpu, math.gcd(length, torch.get_num_threads())
    if bank.device.type == 'cuda' and gpu_attention:
        gpu = torch.cuda.get_device_properties(bank.device)
        parts = _parts_on_gpu(rows, length, gpu.multi_processor_count)
        return _attention_on_gpu, parts
    return None


def attend(
    queries: Tensor,
    bank: Tensor,
    temperature: float,
    attention: Attention,
    parts: int,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """Compute the log-sum-exp and the softmax-weighted mean of the bank.

    The bank is split into parts, since there may be few queries for all threads.

    Args:
        queries (Tensor): (R, D) with R >= 1.
        bank (Tensor): (D, K), stored key by key, as in
            :class:`~setsim_mm.models.FeatureQueue`.
        temperature (float): τ.
        attention (Attention): The kernel.
        parts (int): Number of parts, a divisor of K.
        dtype (torch.dtype): Type that queries and bank are converted to. The kernels
            sum products in float32 at least.

    Returns:
        tuple[Tensor, Tensor]: Log-sum-exp, (R,), and mean, (R, D), in the type of the
        queries.
    """
    dim, length = bank.shape
    keys = bank.t().to(dtype).view(parts, 1, length // parts, dim)
    means, logsumexps = attention(
        queries.to(dtype).expand(parts, 1, -1, -1), keys, 1 / temperature
    )  # P, 1, R, D and P, 1, R
    means, logsumexps = means.to(queries.dtype), logsumexps.to(queries.dtype)
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
