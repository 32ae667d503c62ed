"""Cost of BatchNorm in groups, as a share of a training step.

Steps of SetSim in one direction, with `bn_group_size=32` and with `None`, are taken in
turn. *Percent more* is the median of the ratios of neighbouring steps; half of the
ratios lie between *quartile 1* and *quartile 3*. A batch of fewer than 64 images is
normalised in two groups.
"""

from argparse import Namespace

import numpy as np
import pandas as pd

from .methods import IN_GROUPS, WHOLE_BATCH, build_step
from .timing import CLOCKS, time_in_turn


def measure(args: Namespace) -> pd.DataFrame:
    """Measure steps with and without groups in turn.

    Args:
        args (Namespace): Of :func:`add_arguments`.

    Returns:
        pd.DataFrame: A row for each size, with the median seconds of a step, and the
        median and the quartiles of what groups add to it in percent.
    """
    return pd.DataFrame(_measure_one(args, size) for size in args.sizes)


def _measure_one(args: Namespace, size: int) -> dict[str, float]:
    at_size = Namespace(**{**vars(args), 'size': size})
    steps = {method: build_step(method, at_size) for method in (WHOLE_BATCH, IN_GROUPS)}
    seconds = time_in_turn(
        steps, args.repeats, device=args.device, clock=CLOCKS[args.clock]
    )
    whole, groups = np.array(seconds[WHOLE_BATCH]), np.array(seconds[IN_GROUPS])
    first, median, third = np.percentile(100 * (groups / whole - 1), [25, 50, 75])
    return {
        'pixels': size,
        'whole batch, s': np.median(whole),
        'groups, s': np.median(groups),
        'percent more': median,
        'quartile 1': first,
        'quartile 3': third,
        'repeats': args.repeats,
    }
