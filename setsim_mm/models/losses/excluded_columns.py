"""Columns of a bank that are no negatives of a query."""

import torch
from torch import Tensor


def exclude_columns(logits: Tensor, columns: Tensor) -> None:
    """Set logits to -inf in some columns of each row, in place.

    Excluding is exact. Subtracting the terms from a sum of exponentials would cancel:
    an image's own key is the largest term by far.

    Args:
        logits (Tensor): (R, T).
        columns (Tensor): Long, (R, M); those outside 0 to T - 1 are ignored.
    """
    inside = (columns >= 0) & (columns < logits.shape[1])
    # The minimum with inf changes nothing, whatever the order of equal columns.
    values = logits.new_full((), torch.inf).expand(columns.shape)
    values = values.masked_fill(inside, -torch.inf)
    logits.scatter_reduce_(1, columns.clamp(0, logits.shape[1] - 1), values, 'amin')
