"""Training steps: forward, backward and optimizer, through mmengine's train_step.

*Time* is relative to a step of MoCo-v2. For SetSim in both directions it is relative to
two steps, because every view is the query once. *Channels last* is SetSim with
ChannelsLastHook; the others run without it. *Images/s* counts images with two views
each. *Added memory* is the peak without weights, momentum and queues.
"""

from argparse import Namespace
from statistics import median

import pandas as pd

from .memory import added_peak_memory
from .methods import (
    DENSECL,
    MOCO,
    ONE_DIRECTION,
    SYMMETRIC,
    build_step,
)
from .timing import CLOCKS, time_in_turn

METHODS = (MOCO, DENSECL, ONE_DIRECTION, SYMMETRIC)
CHANNELS_LAST = ', channels last'


def measure(args: Namespace) -> pd.DataFrame:
    """Time steps of all methods in turn.

    Returns:
        pd.DataFrame: A row for each method.
    """
    steps = {method: build_step(method, args) for method in METHODS}
    if not args.channels_last:
        switched = Namespace(**{**vars(args), 'channels_last': True})
        for method in (ONE_DIRECTION, SYMMETRIC):
            steps[method + CHANNELS_LAST] = build_step(method, switched)
    times = time_in_turn(
        steps, args.repeats, device=args.device, clock=CLOCKS[args.clock]
    )
    rows = []
    for method, step in steps.items():
        seconds = median(times[method])
        queries = 2 if method.startswith(SYMMETRIC) else 1
        rows.append(
            {
                'method': method,
                'seconds': seconds,
                'images/s': args.batch / seconds,
                'against': f'{queries} x {MOCO}',
                'time': seconds / (queries * median(times[MOCO])),
                'added MB': added_peak_memory(step, args.device, warmup=0) / 1e6,
                'repeats': args.repeats,
            }
        )
    return pd.DataFrame(rows)
