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
    grid = add_axes(figure, number, columns, **shared)
    for axes in grid:
        set_style(axes)
        axes.tick_params(labelbottom=True)  # also with a shared axis
    return figure, grid


def add_axes(
    figure: Figure, number: int, columns: int, **shared: bool | str
) -> list[Axes]:
    """Add axes in rows of ``columns`` to a figure; see :func:`panel_grid`."""
    rows = math.ceil(number / columns)
    grid = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for axes in grid[number:]:
        axes.remove()
    return list(grid[:number])


def set_style(axes: Axes) -> None:
    """Set a light grid behind the data and no frame at the top and the right."""
    axes.grid(color='0.9')
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)


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
