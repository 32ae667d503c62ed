"""Contrast of a batch with a bank of keys, forward and backward.

*In the batch* is the contrast with the other images of the batch, as in SimCLR, with
all logits in memory. The others are QK Iteration's loss on a bank with one key for each
image, of which each query excludes its own and a copy's. *Bank MB* is the size of the
bank, *added MB* the peak memory that a step adds to it, *logits MB* the size of all
logits in float32, which are never in memory at once.
"""

from argparse import Namespace
from functools import partial
from statistics import median
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from setsim_mm.models.losses import bank_contrastive_loss

from .memory import added_peak_memory
from .timing import CLOCKS, time_in_turn

TEMPERATURE = 0.1


def measure(args: Namespace) -> pd.DataFrame:
    """Measure in-batch negatives and every length and type of a bank.

    Returns:
        pd.DataFrame: A row for each.
    """
    rows = [_row(args, 'in the batch', args.images - 1, None)]
    rows += [
        _row(args, dtype, length, getattr(torch, dtype))
        for dtype in args.dtypes
        for length in args.lengths
    ]
    return pd.DataFrame(rows)


def _row(
    args: Namespace, name: str, negatives: int, dtype: torch.dtype | None
) -> dict[str, Any]:
    queries = F.normalize(torch.randn(args.images, args.dim, device=args.device))
    queries.requires_grad_()
    in_batch = dtype is None
    keys = args.images if in_batch else negatives
    bank = _keys(keys, args.dim, dtype or queries.dtype, args.device)
    work = partial(_in_batch if in_batch else _whole_bank, queries, bank)
    clock = CLOCKS[args.clock]
    (seconds,) = time_in_turn(
        {name: work}, args.repeats, device=args.device, clock=clock
    ).values()
    return {
        'bank': name,
        'negatives': negatives,
        'bank MB': bank.nbytes / 1e6,
        'seconds': median(seconds),
        'added MB': added_peak_memory(work, args.device) / 1e6,
        'logits MB': args.images * negatives * 4 / 1e6,
        'repeats': args.repeats,
    }


def _keys(length: int, dim: int, dtype: torch.dtype, device: str) -> Tensor:
    """Draw unit vectors in blocks, (length, dim)."""
    keys = torch.empty(length, dim, dtype=dtype, device=device)
    for block in keys.split(2**16):
        block.copy_(F.normalize(torch.randn(block.shape, device=device)))
    return keys


def _in_batch(queries: Tensor, keys: Tensor) -> None:
    """Compute loss and gradient with the keys of the batch."""
    logits = queries @ keys.t() / TEMPERATURE
    loss = F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))
    torch.autograd.grad(loss, queries)


def _whole_bank(queries: Tensor, bank: Tensor) -> None:
    """Compute loss and gradient with a bank whose first keys are the queries' own."""
    own = torch.arange(len(queries), device=queries.device)
    excluded = torch.stack([own, own + len(queries)], dim=1)  # N, 2
    positives = bank[: len(queries)].float()
    loss = bank_contrastive_loss(queries, positives, bank.t(), excluded, TEMPERATURE)
    torch.autograd.grad(loss, queries)
