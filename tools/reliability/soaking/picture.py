"""Four panels: memory, handles, step time, and sizes of files."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from setsim_mm.visualization.palette import BLUE, GREEN, GREY, ORANGE
from setsim_mm.visualization.panels import add_legend, panel_grid

from .samples import Sample, values
from .verdict import growth, quarter

SIZE = 4.2, 2.5  # inches
SHADE = '0.94'
TITLE = dict(loc='left', fontsize='medium', fontweight='bold')
LEGEND = dict(ncols=2, frameon=False, handlelength=1.3, columnspacing=1.2)
START = dict(color=GREY, linestyle=':', linewidth=1)
ROOM = 1.45  # top of a panel relative to the maximum, for the legend
PANELS = {
    'Memory (MiB)': {
        'memory': ('training process', BLUE),
        'workers': ('data worker', ORANGE),
    },
    'Handles': {'files': ('open files', BLUE), 'threads': ('threads', ORANGE)},
    'Step time (ms)': {'step_time': ('median', GREEN)},
}


def draw_samples(samples: Sequence[Sample]) -> Figure:
    """Draw the resources of a long training.

    Args:
        samples (Sequence[Sample]): Samples by increasing steps.

    Returns:
        Figure: The figure.
    """
    title = f'{samples[-1].step:,} steps of a tiny SetSim'
    figure, grid = panel_grid(4, 2, SIZE, title)
    for axes, (name, curves) in zip(grid, PANELS.items(), strict=False):
        for quantity, (label, color) in curves.items():
            heights = values(samples, quantity)
            _draw(axes, samples, quantity, heights, label, color)
        axes.set_title(name, **TITLE)
    _draw_files(grid[3], samples)
    for axes in grid:
        _finish(axes, samples)
    shaded = 'compared quarters, and ×, the ratio of their medians'
    marks = {shaded: Patch(color=SHADE)}
    if samples[-1].start > samples[0].start:
        marks['resumed'] = Line2D([], [], **START)
    add_legend(figure, marks)
    return figure


def _draw_files(axes: Axes, samples: Sequence[Sample]) -> None:
    """Draw quantities of different units relative to the second quarter."""
    labels = {
        'checkpoint': ('checkpoint {:.2f} MiB', BLUE),
        'log_bytes': ('log {:.0f} B/step', ORANGE),
    }
    for quantity, (label, color) in labels.items():
        early, late = (median(values(quarter(samples, n), quantity)) for n in (2, 4))
        relative = [value / early for value in values(samples, quantity)]
        _draw(axes, samples, quantity, relative, label.format(late), color)
    axes.set_title('Files (relative to the second quarter)', **TITLE)


def _draw(
    axes: Axes,
    samples: Sequence[Sample],
    quantity: str,
    heights: list[float],
    label: str,
    color: str,
) -> None:
    label += f' ×{growth(samples, quantity):.2f}'
    steps = values(samples, 'step')
    axes.plot(steps, heights, color=color, linewidth=1.4, label=label)


def _finish(axes: Axes, samples: Sequence[Sample]) -> None:
    """Shade the quarters, mark the starts, and scale and label the axes."""
    top = max(max(line.get_ydata()) for line in axes.lines)
    last = samples[-1].step
    for number in (2, 4):
        begin, end = (number - 1) * last / 4, number * last / 4
        axes.axvspan(begin, end, color=SHADE, zorder=0, linewidth=0)
    for before, after in pairwise(samples):
        if after.start > before.start:
            axes.axvline(after.step, **START)
    axes.set_ylim(0, ROOM * top)
    axes.set_xlim(0, last)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f'{step:,.0f}'))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:,.4g}'))
    axes.set_xlabel('step', fontsize='small')
    axes.tick_params(labelsize='small')
    axes.legend(loc='upper left', fontsize='small', **LEGEND)
