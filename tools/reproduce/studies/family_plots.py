"""Plots of a family of runs: seeds, mean and spread, and the paper's figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from setsim_mm.visualization.palette import BLUE, GREY, ORANGE
from setsim_mm.visualization.panels import add_legend, panel_grid

PANEL_WIDTH = 3.6  # inches
ROW_HEIGHT = 0.42
SEED = dict(marker='o', linestyle='', color=GREY, alpha=0.6, markersize=4)
MEAN = dict(marker='o', color=BLUE, markersize=6.5, capsize=4)
PAPER = dict(marker='D', linestyle='', color=ORANGE, markersize=7)


def draw_rows(
    labels: Sequence[str],
    panels: Mapping[str, pd.DataFrame],
    paper: pd.Series | None = None,
    title: str = '',
) -> Figure:
    """Draw the rows of a table, a panel for each measure and the last for the paper.

    Args:
        labels (Sequence[str]): The rows, from top to bottom.
        panels (Mapping[str, pd.DataFrame]): From the heading of a measure to the
            values of all seeds, in the columns ``row`` and ``value``.
        paper (pd.Series, optional): The paper's figures by row; its name is their
            measure. Defaults to None, which leaves out its panel.
        title (str): The title. Defaults to ''.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.
    """
    height = 1.5 + ROW_HEIGHT * len(labels)
    figure, ours, theirs = _panels(
        len(panels), paper is not None, height, title, sharey=True
    )
    places = {label: place for place, label in enumerate(labels)}
    for axes, (heading, values) in zip(ours, panels.items(), strict=True):
        for label, of_row in values.groupby('row')['value']:
            at = places[label]
            axes.plot(of_row, np.full(len(of_row), at), zorder=3, **SEED)
            axes.errorbar(of_row.mean(), at, xerr=_spread(of_row), **MEAN)
        axes.set_xlabel(heading)
    for axes in theirs:
        known = paper.dropna()
        axes.plot(known, [places[label] for label in known.index], **PAPER)
        for label, value in known.items():
            _write(axes, f'{value:.1f}', (value, places[label]), right=True)
        axes.set_xlabel(paper.name)
        axes.margins(x=0.25)
    for axes in (*ours, *theirs):
        axes.set_yticks(list(places.values()), list(places))
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.xaxis.set_major_locator(MaxNLocator(5))
    return figure


def draw_points(
    heading: str,
    panels: Mapping[str, pd.DataFrame],
    paper: pd.Series,
    title: str = '',
) -> Figure:
    """Draw measures over a parameter, a panel for each and the last for the paper.

    Args:
        heading (str): The parameter.
        panels (Mapping[str, pd.DataFrame]): As in :func:`draw_rows`, with numbers as
            rows.
        paper (pd.Series): The paper's figures by the value of the parameter; its name
            is their measure.
        title (str): The title. Defaults to ''.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.
    """
    figure, ours, (theirs,) = _panels(len(panels), True, 3.2, title, sharex=True)
    for axes, (name, values) in zip(ours, panels.items(), strict=True):
        axes.plot(values['row'], values['value'], zorder=3, **SEED)
        by_point = values.groupby('row')['value']
        mean = by_point.mean()
        axes.errorbar(mean.index, mean, yerr=by_point.std().fillna(0), **MEAN)
        axes.set_ylabel(name)
    theirs.axhline(0, color=GREY, linewidth=0.8)
    theirs.plot(paper.index, paper, **PAPER)
    for point, value in paper.items():
        text = f'{value:+.2f}'.replace('-', '−') if value else '0'
        _write(theirs, text, (point, value), right=False)
    theirs.set_ylabel(paper.name)
    theirs.margins(y=0.2)
    for axes in (*ours, theirs):
        axes.margins(x=0.13)
        axes.set_xlabel(heading)
    return figure


def _panels(
    number: int, with_paper: bool, height: float, title: str, **shared: bool
) -> tuple[Figure, Sequence[Axes], Sequence[Axes]]:
    """Create a figure with two panels a line: ours, and at most one for the paper."""
    figure, panels = panel_grid(
        max(1, number + with_paper), 2, (PANEL_WIDTH, height), title, **shared
    )
    marks = {}
    if number:
        mean = {name: MEAN[name] for name in ('marker', 'color', 'markersize')}
        marks = {'a seed': SEED, 'mean ± standard deviation': mean}
    if with_paper:
        marks["the paper's"] = {**PAPER, 'markersize': 6}
    add_legend(figure, {name: Line2D([], [], **mark) for name, mark in marks.items()})
    return figure, panels[:number], panels[number : number + with_paper]


def _spread(values: pd.Series) -> float | None:
    """Return the sample's standard deviation, or None for a single value."""
    return values.std() if len(values) > 1 else None


def _write(axes: Axes, text: str, at: tuple[float, float], right: bool) -> None:
    """Write a value beside its mark, or above it."""
    axes.annotate(
        text,
        at,
        xytext=(9, 0) if right else (0, 8),
        textcoords='offset points',
        ha='left' if right else 'center',
        va='center' if right else 'bottom',
        fontsize='small',
    )
