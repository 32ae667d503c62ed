"""Set loss, forward and backward, against its dense form.

*Rows* is the share of query positions that have a positive: a quarter with sets alone,
0.7 with sets and geometry. *Dense* stores the logits of all positions with all
negatives; *tiles* and *ours* compute those of the rows with a positive. *Tiles* is ours
on a bank that is stored channel by channel, *bfloat16* ours with bfloat16_bank. *MB* is
added peak memory. *Times faster* and *times smaller* are the dense form's median time
and memory over ours.
"""

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from setsim_mm.models.losses import set_contrastive_loss

from .dense import dense_set_contrastive_loss
from .inputs import corresponding_sets, loss_inputs, near_positions, with_share
from .memory import added_peak_memory, free_memory
from .timing import CLOCKS, time_in_turn

DENSE, TILES, OURS, BFLOAT16 = 'dense', 'tiles', 'ours', 'bfloat16'
SETS, SETS_AND_GEOMETRY = 0.25, 0.7
# At its peak the dense form stores logits, their exponentials, the gradient, and the
# gradient divided by the temperature.
COPIES_OF_LOGITS = 4


def measure(args: Namespace) -> pd.DataFrame:
    """Measure every number of images, size of map and share of rows.

    Returns:
        pd.DataFrame: A row for each. The dense form's values are missing where its
        memory does not suffice.
    """
    return pd.DataFrame(
        _compare(args, images, side, share)
        for images in args.images
        for side in args.sides
        for share in (SETS, SETS_AND_GEOMETRY)
    )


def forward_and_backward(
    loss: Callable[..., Tensor], inputs: tuple[Tensor, ...]
) -> None:
    """Compute a scalar loss and its gradient with respect to the first input."""
    torch.autograd.grad(loss(*inputs), inputs[0])


def make_correspondence(images: int, side: int, share: float) -> Tensor:
    """Draw sets of up to a quarter of the positions, with geometry for larger shares.

    Args:
        images (int): Images N.
        side (int): Rows and columns of both maps.
        share (float): Share of the rows that have a positive.

    Returns:
        Tensor: Bool, (N, side², side²).
    """
    sets = corresponding_sets(images, side, min(share, SETS))
    if share <= SETS:
        return sets
    return with_share(sets | near_positions(images, side), share)


def _compare(args: Namespace, images: int, side: int, share: float) -> dict[str, Any]:
    correspondence = make_correspondence(images, side, share)
    inputs = loss_inputs(
        images, side, args.dim, args.length, correspondence, args.device
    )
    # Stored channel by channel; only the tiles can read this layout.
    other_layout = (*inputs[:3], inputs[3].contiguous())
    work = {
        DENSE: partial(forward_and_backward, dense_set_contrastive_loss, inputs),
        TILES: partial(forward_and_backward, set_contrastive_loss, other_layout),
        OURS: partial(forward_and_backward, set_contrastive_loss, inputs),
    }
    if args.bfloat16_bank:
        rounded = partial(set_contrastive_loss, bfloat16_bank=True)
        work[BFLOAT16] = partial(forward_and_backward, rounded, inputs)
    row: dict[str, Any] = {
        'images': images,
        'map': f'{side}x{side}',
        'rows': correspondence.any(dim=2).float().mean().item(),
    }
    needed = COPIES_OF_LOGITS * images * side**2 * args.length * 4
    if needed > free_memory(args.device):
        del work[DENSE]
        row['note'] = f'the dense form needs {needed / 1e9:.0f} GB'
    times = time_in_turn(
        work, args.repeats, device=args.device, clock=CLOCKS[args.clock]
    )
    for form, calls in times.items():
        row[f'{form}, s'] = median(calls)
    for form, call in work.items():
        row[f'{form}, MB'] = added_peak_memory(call, args.device) / 1e6
    if DENSE in work:
        row['times faster'] = row[f'{DENSE}, s'] / row[f'{OURS}, s']
        # In small cases the added memory may be 0.
        row['times smaller'] = row[f'{DENSE}, MB'] / max(1e-3, row[f'{OURS}, MB'])
    return row | {'repeats': args.repeats}
