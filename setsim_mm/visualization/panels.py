"""A grid of panels in one style, with one legend below."""

import math
from collections.abc import Mapping

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MARGIN = 1.2  # inches, for labels at the left


def panel_grid(
    number: int,
    columns: int,
    size: tuple[float, float],
    title: str,
    **shared: bool | str,
) -> tuple[Figure, list[Axes]]:
    """Create a figure with a grid of panels.

    Args:
        number (int): Number of panels.
        columns (int): Largest number of columns.
        size (tuple[float, float]): Width and height of a panel in inches.
        title (str): Title above the panels.
        **shared (bool | str): matplotlib's ``sharex`` and ``sharey``.

    Returns:
        tuple[Figure, list[Axes]]: The figure and its panels, row by row.
    """
    columns = min(columns, number)
    rows = math.ceil(number / columns)
    figure = Figure(
        figsize=(MARGIN + size[0] * columns, size[1] * rows),
        dpi=160,
        layout='constrained',
    )
    figure.get_layout_engine().set(wspace=0.06, hspace=0.08)
    figure.suptitle(title, x=0.01, ha='left', fontweight='bold')
    grid = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for axes in grid[number:]:
        axes.remove()
    for axes in grid[:number]:
        axes.grid(color='0.9')
        axes.set_axisbelow(True)
        axes.spines[['top', 'right']].set_visible(False)
        axes.tick_params(labelbottom=True)  # also with a shared axis
    return figure, list(grid[:number])


def add_legend(figure: Figure, marks: Mapping[str, Artist]) -> None:
    """Add a legend below all panels.

    Args:
        figure (Figure): A figure from :func:`panel_grid`.
        marks (Mapping[str, Artist]): The marks by their labels.
    """
    figure.legend(
        list(marks.values()),
        list(marks),
        loc='outside lower left',
        ncols=3,
        frameon=False,
        fontsize='small',
    )
