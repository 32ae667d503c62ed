"""Four panels: memory, handles, step time, and sizes of files."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from setsim_mm.visualization.palette import BLUE, GREEN, GREY, ORANGE
from setsim_mm.visualization.panels import panel_grid

from .samples import Sample, values
from .verdict import quarter

SIZE = 3.6, 2.5  # inches
ROOM = 1.45  # top of a panel in largest values, for the legend
PANELS = {
    'Memory (MiB)': {
        'memory': ('training process', BLUE),
        'workers': ('data worker', ORANGE),
    },
    'Handles': {'files': ('open files', BLUE), 'threads': ('threads', ORANGE)},
    'Step time (ms)': {'step_time': ('median of each window', GREEN)},
}


def draw_samples(samples: Sequence[Sample]) -> Figure:
    """Draw what a long training takes of the machine.

    The quarters that are compared are shaded; a dotted line marks a resumed start.

    Args:
        samples (Sequence[Sample]): By increasing steps.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.
    """
    last = samples[-1]
    title = f'{last.step:,} steps of a tiny SetSim'
    figure, grid = panel_grid(4, 2, SIZE, title)
    for axes, (name, curves) in zip(grid, PANELS.items(), strict=False):
        for quantity, (label, color) in curves.items():
            _draw(axes, samples, values(samples, quantity), label, color)
        axes.set_title(name, loc='left', fontsize='medium')
    _draw_files(grid[3], samples)
    for axes in grid:
        _finish(axes, samples)
    return figure


def _draw_files(axes: Axes, samples: Sequence[Sample]) -> None:
    """Draw quantities of different units relative to the second quarter."""
    late = quarter(samples, 4)
    labels = {
        'checkpoint': ('checkpoint, {:.2f} MiB', BLUE),
        'log_bytes': ('log, {:.0f} bytes a step', ORANGE),
    }
    for quantity, (label, color) in labels.items():
        early = median(values(quarter(samples, 2), quantity))
        relative = [value / early for value in values(samples, quantity)]
        label = label.format(median(values(late, quantity)))
        _draw(axes, samples, relative, label, color)
    axes.set_title(
        'Files (relative to the second quarter)', loc='left', fontsize='medium'
    )


def _draw(
    axes: Axes, samples: Sequence[Sample], heights: list[float], label: str, color: str
) -> None:
    axes.plot(values(samples, 'step'), heights, color=color, linewidth=1.3, label=label)


def _finish(axes: Axes, samples: Sequence[Sample]) -> None:
    """Shade the quarters, mark the starts, and scale and label the axes."""
    last = samples[-1].step
    for number in (2, 4):
        begin, end = (number - 1) * last / 4, number * last / 4
        axes.axvspan(begin, end, color='0.95', zorder=0, linewidth=0)
    for before, after in pairwise(samples):
        if after.start > before.start:
            axes.axvline(after.step, color=GREY, linestyle=':', linewidth=1)
    top = max(max(line.get_ydata()) for line in axes.lines if len(line.get_ydata()) > 2)
    axes.set_ylim(0, ROOM * top)
    axes.set_xlim(0, last)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f'{step:,.0f}'))
    axes.set_xlabel('step', fontsize='small')
    axes.tick_params(labelsize='small')
    axes.legend(loc='upper left', ncols=2, frameon=False, fontsize='small')
