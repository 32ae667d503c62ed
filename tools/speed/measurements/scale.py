"""Growth of the set loss, forward and backward.

One size at a time is changed. The others stay at 32 images, 7x7 positions, 65,536
negatives and sets of a quarter of the positions. *Added memory* does not include the
inputs, such as the bank.
"""

from argparse import Namespace
from functools import partial
from math import log2
from statistics import median
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from setsim_mm.models.losses import set_contrastive_loss
from setsim_mm.visualization.palette import BLUE
from setsim_mm.visualization.panels import panel_grid

from .inputs import corresponding_sets, loss_inputs
from .loss import SETS, forward_and_backward
from .memory import added_peak_memory
from .timing import CLOCKS, time_in_turn

NEGATIVES, IMAGES, POSITIONS, SET = 'negatives', 'images', 'positions', 'share in sets'
BASE = {NEGATIVES: 2**16, IMAGES: 32, POSITIONS: 7**2, SET: SETS}
VALUES = {
    NEGATIVES: [2**exponent for exponent in range(12, 21)],
    IMAGES: [8, 16, 32, 64, 128],
    POSITIONS: [side**2 for side in (4, 7, 10, 14, 20)],
    SET: [0.05, 0.1, 0.25, 0.5, 1.0],
}
SECONDS, MEGABYTES = 'seconds', 'added MB'
PANEL = (2.6, 2.5)  # inches


def measure(args: Namespace) -> pd.DataFrame:
    """Measure the loss while one size at a time is changed.

    Returns:
        pd.DataFrame: The changed size, its value, seconds and added memory.
    """
    return pd.DataFrame(
        row for changed in VALUES for row in _measure_one(args, changed)
    )


def draw(table: pd.DataFrame) -> Figure:
    """Draw time and memory over each size, with logarithmic axes.

    Args:
        table (pd.DataFrame): The result of :func:`measure`.

    Returns:
        Figure: A column for each size.
    """
    changed = list(table['changed'].unique())
    figure, panels = panel_grid(
        2 * len(changed), len(changed), PANEL, 'Set loss', sharey='row'
    )
    for quantity, line in ((SECONDS, panels), (MEGABYTES, panels[len(changed) :])):
        for name, axes in zip(changed, line, strict=False):
            rows = table[table['changed'] == name]
            axes.loglog(rows['value'], rows[quantity], marker='o', color=BLUE)
            axes.minorticks_off()
            ticks = list(rows['value'])[:: 2 if len(rows) > 5 else 1]
            axes.set_xticks(ticks, [_tick(value) for value in ticks])
            axes.set_xlabel(name)
        # Labels at 1 and 3, because a small range may contain no power of ten.
        line[0].yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        line[0].yaxis.set_major_formatter('{x:g}')
        line[0].set_ylabel(quantity)
    return figure


def _tick(value: float) -> str:
    """Return a label; large numbers are powers of two."""
    return f'$2^{{{round(log2(value))}}}$' if value >= 2**12 else f'{value:g}'


def _measure_one(args: Namespace, changed: str) -> list[dict[str, Any]]:
    work = {}
    for value in VALUES[changed]:
        if changed == NEGATIVES and value > args.largest:
            continue
        size = BASE | {changed: value}
        side = round(size[POSITIONS] ** 0.5)
        sets = corresponding_sets(size[IMAGES], side, size[SET])
        length = min(size[NEGATIVES], args.largest)
        inputs = loss_inputs(size[IMAGES], side, args.dim, length, sets, args.device)
        work[value] = partial(forward_and_backward, set_contrastive_loss, inputs)
    seconds = time_in_turn(
        work, args.repeats, device=args.device, clock=CLOCKS[args.clock]
    )
    return [
        {
            'changed': changed,
            'value': value,
            SECONDS: median(seconds[value]),
            MEGABYTES: added_peak_memory(work[value], args.device) / 1e6,
            'repeats': args.repeats,
        }
        for value in work
    ]
