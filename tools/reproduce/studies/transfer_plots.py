"""Bar charts of the paper's methods, with own checkpoints below them."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from setsim_mm.visualization.palette import BLACK, BLUE, ORANGE
from setsim_mm.visualization.panels import add_legend, panel_grid

PANEL_WIDTH = 3.4  # inches
ROW_HEIGHT = 0.25
GAP = 0.5  # rows between the paper's and our own
NAME_LENGTH = 28  # characters a line
LINE = 0.6  # rows that a line of a name takes
ROOM = 1.5  # length of the axis in longest bars, with the figures at their ends
TICKS = MaxNLocator(5, steps=[1, 2, 5, 10])
ERROR = dict(ecolor=BLACK, elinewidth=1.2, capsize=2.5)


def draw_bars(
    mean: pd.DataFrame,
    std: pd.DataFrame,
    cells: pd.DataFrame,
    ours: Sequence[bool],
    title: str = '',
) -> Figure:
    """Draw a panel for each column of a table, with a bar for each row.

    Args:
        mean (pd.DataFrame): A row for each method, a column for each measure; NaN for
            no bar.
        std (pd.DataFrame): The error bars; NaN for none.
        cells (pd.DataFrame): The texts at the ends of the bars.
        ours (Sequence[bool]): Whether a row is an own checkpoint.
        title (str): The title. Defaults to ''.

    Returns:
        Figure: All bars begin at 0. Save it with ``figure.savefig(path)``.
    """
    ours = np.asarray(ours)
    names = [textwrap.fill(name, NAME_LENGTH) for name in mean.index]
    heights = np.array([max(1, LINE * (1 + name.count('\n'))) for name in names])
    places = np.cumsum(heights) - heights / 2 + GAP * ours
    bottom = places[-1] + heights[-1] / 2
    figure, panels = panel_grid(
        len(mean.columns),
        3,
        (PANEL_WIDTH, 1.0 + ROW_HEIGHT * bottom),
        title,
        sharey=True,
    )
    colors = np.where(ours, BLUE, ORANGE)
    for axes, column in zip(panels, mean, strict=True):
        known = mean[column].notna().to_numpy()
        values, spread = mean[column][known], std[column][known]
        axes.barh(places[known], values, color=colors[known], height=0.75)
        has_spread = spread.notna().to_numpy()
        if has_spread.any():
            axes.errorbar(
                values[has_spread],
                places[known][has_spread],
                xerr=spread[has_spread],
                fmt='none',
                **ERROR,
            )
        ends = values + spread.fillna(0)
        _write(axes, cells[column][known], ends, places[known])
        longest = max(ends.max(), 1e-9)
        axes.set_xlim(0, ROOM * longest)
        axes.set_xticks([t for t in TICKS.tick_values(0, longest) if t <= longest])
        axes.set_xlabel(column)
        axes.grid(visible=False, axis='y')
        axes.tick_params(axis='y', length=0)
        axes.set_yticks(places, names, fontsize='small')
        axes.set_ylim(bottom, 0)
    legend = {"the paper's, mean of five trials": Patch(color=ORANGE)}
    if ours.any():
        legend['ours, mean ± standard deviation (trials)'] = Patch(color=BLUE)
    add_legend(figure, legend)
    return figure


def _write(axes: Axes, texts: pd.Series, ends: pd.Series, places: np.ndarray) -> None:
    """Write the figures right of the bars and of their error bars."""
    for text, end, place in zip(texts, ends, places, strict=True):
        axes.annotate(
            text,
            (end, place),
            xytext=(5, 0),
            textcoords='offset points',
            va='center',
            fontsize='x-small',
        )
