"""Plots of a family of runs: each seed, mean and spread, beside the paper's."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .palette import BLUE, GREY, ORANGE

ROW_HEIGHT = 0.42  # inches
PANEL_WIDTH = 3.4


def draw_rows(
    labels: Sequence[str],
    panels: Mapping[str, pd.DataFrame],
    paper: pd.Series | None = None,
    title: str = '',
    paper_heading: str = '',
) -> Figure:
    """Draw the rows of a table: a panel for each measure, the paper's at the right.

    Args:
        labels (Sequence[str]): The rows, from top to bottom.
        panels (Mapping[str, pd.DataFrame]): From the measure's heading to the values
            of all seeds, in columns ``row`` and ``value``.
        paper (pd.Series, optional): The paper's figure of each row. Defaults to None.
        title (str): Stands above. Defaults to ''.
        paper_heading (str): What the paper measured. Defaults to ''.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.
    """
    number = len(panels) + (paper is not None)
    figure = Figure(
        figsize=(1.4 + PANEL_WIDTH * max(1, number), 1.5 + ROW_HEIGHT * len(labels)),
        dpi=160,
        layout='constrained',
    )
    figure.suptitle(title, x=0.01, ha='left', fontweight='bold')
    all_axes = figure.subplots(1, max(1, number), sharey=True, squeeze=False)[0]
    places = {label: place for place, label in enumerate(labels)}
    for axes, (heading, values) in zip(all_axes, panels.items(), strict=False):
        for label, of_row in values.groupby('row')['value']:
            _draw_row(axes, places[label], of_row.to_numpy())
        axes.set_xlabel(heading)
    if paper is not None:
        axes = all_axes[-1]
        known = paper.dropna()
        at = [places[label] for label in known.index]
        axes.plot(known, at, 'D', color=ORANGE, markersize=7)
        for place, value in zip(at, known, strict=True):
            axes.annotate(
                f'{value:.1f}',
                (value, place),
                xytext=(9, 0),
                textcoords='offset points',
                va='center',
                fontsize='small',
            )
        axes.margins(x=0.25)
        axes.set_xlabel(paper_heading)
    for axes in all_axes:
        axes.set_yticks(list(places.values()), list(places))
        axes.set_ylim(len(labels) - 0.5, -0.5)
        _finish(axes)
    return figure


def _draw_row(axes: Axes, place: int, values: np.ndarray) -> None:
    """Draw each seed small, and their mean with the standard deviation."""
    axes.plot(
        values, np.full(len(values), place), 'o', color=GREY, alpha=0.5, markersize=4
    )
    spread = values.std(ddof=1) if len(values) > 1 else None
    axes.errorbar(
        values.mean(), place, xerr=spread, fmt='o', color=BLUE, markersize=7, capsize=4
    )


def _finish(axes: Axes) -> None:
    axes.grid(color='0.9')
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)
