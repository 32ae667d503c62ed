"""Set loss, forward and backward, against its dense form.

The dense form holds the logits of all positions with all negatives. *Rows* is the share
of query positions that have a positive: a quarter as sets alone give it, 0.7 as sets
and geometry do. *Times faster* and *times smaller* are the dense form's median time and
added peak memory over ours.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from statistics import median

import pandas as pd
import torch
from torch import Tensor

from setsim_mm.models.losses import set_contrastive_loss

from .dense import dense_set_contrastive_loss
from .inputs import corresponding_sets, loss_inputs, near_positions, with_share
from .memory import added_peak_memory, free_memory
from .options import add_common_options
from .timing import time_in_turn

SETS, SETS_AND_GEOMETRY = 0.25, 0.7
# The dense form holds four of them at its peak: logits, their exponentials, the
# gradient, and that gradient divided by the temperature.
COPIES_OF_LOGITS = 4


def add_arguments(parser: ArgumentParser) -> None:
    """Give the command its options.

    Args:
        parser (ArgumentParser): The command's.
    """
    parser.add_argument('--images', type=int, nargs='+', default=[32, 64], help='N')
    parser.add_argument(
        '--sides', type=int, nargs='+', default=[7, 14], help='rows of a map'
    )
    parser.add_argument('--dim', type=int, default=128, help='D (%(default)s)')
    parser.add_argument('--length', type=int, default=2**16, help='K (%(default)s)')
    add_common_options(parser, repeats=5)


def measure(args: Namespace) -> pd.DataFrame:
    """Measure every number of images, size of map and kind of correspondence.

    Args:
        args (Namespace): Of :func:`add_arguments`.

    Returns:
        pd.DataFrame: A row for each. What the dense form lacks memory for is empty.
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
    """Compute a loss and its gradient with respect to the first input.

    Args:
        loss (Callable): Gives a scalar.
        inputs (tuple[Tensor, ...]): What it takes.
    """
    torch.autograd.grad(loss(*inputs), inputs[0])


def make_correspondence(images: int, side: int, share: float) -> Tensor:
    """Draw sets of a quarter of the positions, with geometry if that is not enough.

    Args:
        images (int): N.
        side (int): Rows and columns of either map.
        share (float): Of the rows that have a positive.

    Returns:
        Tensor: Bool, (N, side², side²).
    """
    sets = corresponding_sets(images, side, min(share, SETS))
    if share <= SETS:
        return sets
    return with_share(sets | near_positions(images, side), share)


def _compare(args: Namespace, images: int, side: int, share: float) -> dict:
    correspondence = make_correspondence(images, side, share)
    inputs = loss_inputs(
        images, side, args.dim, args.length, correspondence, args.device
    )
    losses = {'ours': set_contrastive_loss}
    needed = COPIES_OF_LOGITS * images * side**2 * args.length * 4
    fits = needed < free_memory(args.device)
    if fits:
        losses['dense'] = dense_set_contrastive_loss
    work = {
        name: partial(forward_and_backward, loss, inputs)
        for name, loss in losses.items()
    }
    times = time_in_turn(work, args.repeats, device=args.device)
    seconds = {name: median(values) for name, values in times.items()}
    peaks = {name: added_peak_memory(w, args.device) for name, w in work.items()}
    row = {
        'images': images,
        'map': f'{side}x{side}',
        'rows': correspondence.any(dim=2).float().mean().item(),
        'dense, s': seconds.get('dense'),
        'ours, s': seconds['ours'],
        'dense, added MB': peaks['dense'] / 1e6 if fits else None,
        'ours, added MB': peaks['ours'] / 1e6,
    }
    if fits:
        row['times faster'] = seconds['dense'] / seconds['ours']
        row['times smaller'] = peaks['dense'] / max(1, peaks['ours'])
    else:
        row['note'] = f'the dense form needs {needed / 1e9:.0f} GB'
    return row | {'repeats': args.repeats}
