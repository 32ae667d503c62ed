"""Panels of one look, in lines, with one legend below."""

import math
from collections.abc import Mapping

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MARGIN = 1.2  # inches, for the names at the left


def panel_grid(
    number: int,
    columns: int,
    size: tuple[float, float],
    title: str,
    **shared: bool | str,
) -> tuple[Figure, list[Axes]]:
    """Make panels.

    Args:
        number (int): How many.
        columns (int): How many a line at most.
        size (tuple[float, float]): Width and height of one in inches.
        title (str): Stands above.
        shared (bool | str): ``sharex`` or ``sharey``, as matplotlib takes them.

    Returns:
        tuple[Figure, list[Axes]]: The figure and its panels, line by line.
    """
    columns = min(columns, number)
    lines = math.ceil(number / columns)
    figure = Figure(
        figsize=(MARGIN + size[0] * columns, size[1] * lines),
        dpi=160,
        layout='constrained',
    )
    figure.get_layout_engine().set(wspace=0.06, hspace=0.08)
    figure.suptitle(title, x=0.01, ha='left', fontweight='bold')
    grid = figure.subplots(lines, columns, squeeze=False, **shared).ravel()
    for axes in grid[number:]:
        axes.remove()
    for axes in grid[:number]:
        axes.grid(color='0.9')
        axes.set_axisbelow(True)
        axes.spines[['top', 'right']].set_visible(False)
        axes.tick_params(labelbottom=True)  # shared, but each line has another measure
    return figure, list(grid[:number])


def add_legend(figure: Figure, marks: Mapping[str, Artist]) -> None:
    """Explain the marks below all panels.

    Args:
        figure (Figure): From :func:`panel_grid`.
        marks (Mapping[str, Artist]): What they look like, by what they mean.
    """
    figure.legend(
        list(marks.values()),
        list(marks),
        loc='outside lower left',
        ncols=3,
        frameon=False,
        fontsize='small',
    )
