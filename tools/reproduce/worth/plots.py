"""The plot of a comparison: measures over the share of the labels, with intervals."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from setsim_mm.visualization.palette import BLUE, GREY, ORANGE, RED
from setsim_mm.visualization.panels import add_legend, panel_grid
from studies.paired import half_width

from .measures import Measure
from .results import Results

# Before and after pre-training; what begins with the same weights has the same mark.
STYLES = {
    'random': dict(color=GREY, marker='o', linestyle='--'),
    'given': dict(color=ORANGE, marker='s', linestyle='--'),
    'random_pretrained': dict(color=BLUE, marker='o', linestyle='-'),
    'given_pretrained': dict(color=RED, marker='s', linestyle='-'),
}
PANEL = (4.4, 3.1)  # inches
APART = 1.045  # the factor between the shares at which two lines are drawn


def draw_results(results: Results, title: str = '') -> Figure:
    """Draw values and paired differences, a row of two panels for each measure.

    Args:
        results (Results): The results.
        title (str): The title. Defaults to ''.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.
    """
    figure, panels = panel_grid(2 * len(results.measures), 2, PANEL, title)
    for number, measure in enumerate(results.measures):
        _draw_values(panels[2 * number], results, measure)
        _draw_differences(panels[2 * number + 1], results, measure)
    for axes in panels:
        axes.set_xscale('log')
        axes.set_xticks(results.shares, [f'{share:g}' for share in results.shares])
        axes.minorticks_off()
        axes.set_xlabel('labels (%)')
    marks = {start.label: STYLES[start.name] for start in results.starts}
    add_legend(figure, {name: Line2D([], [], **mark) for name, mark in marks.items()})
    return figure


def _draw_values(axes: Axes, results: Results, measure: Measure) -> None:
    """Draw the mean over seeds of each starting point with its 95 % interval."""
    for place, start in enumerate(results.starts):
        points = {
            share: pd.Series(values)
            for share in results.shares
            if (values := results.values(start, measure, share))
        }
        _draw_line(
            axes,
            _beside(points, place, len(results.starts)),
            [values.mean() for values in points.values()],
            [half_width(values) for values in points.values()],
            start.name,
        )
    axes.set_ylabel(f'{measure.label} (%)')


def _draw_differences(axes: Axes, results: Results, measure: Measure) -> None:
    """Draw differences from random weights, and their 95 % intervals."""
    baseline, *others = results.starts
    axes.axhline(0, color=GREY, linewidth=1)
    for place, start in enumerate(others):
        points = {
            share: found
            for share in results.shares
            if (found := results.compare(start, baseline, measure, share)) is not None
        }
        _draw_line(
            axes,
            _beside(points, place, len(others)),
            [found.difference for found in points.values()],
            [found.half_width for found in points.values()],
            start.name,
        )
    axes.set_ylabel(f'minus {baseline.label}, paired ({measure.unit})')


def _draw_line(
    axes: Axes,
    shares: list[float],
    means: list[float],
    widths: list[float],
    name: str,
) -> None:
    # An interval that is not known has no bar.
    bars = [0 if pd.isna(width) else width for width in widths]
    axes.errorbar(
        shares, means, yerr=bars, capsize=3, markersize=5, linewidth=1.4, **STYLES[name]
    )


def _beside(points: dict, place: int, number: int) -> list[float]:
    """Return the places of a line's points, so that error bars are side by side."""
    return [share * APART ** (2 * place - number + 1) for share in points]
