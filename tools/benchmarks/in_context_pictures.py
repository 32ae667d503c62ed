"""Pictures of in-context retrieval: image, label, prediction, and why."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from torch import Tensor

from setsim_mm.evaluation.in_context_examples import InContextExample
from setsim_mm.visualization.figure import NotebookFigure
from setsim_mm.visualization.palette import BLACK

WITHOUT_CLASS = np.array([0.85, 0.85, 0.85])
TITLES = ('image', 'label', 'prediction')


def class_colors(number: int) -> np.ndarray:
    """Return a colour for each class, and a grey for pixels without one.

    Args:
        number (int): C.

    Returns:
        np.ndarray: RGB between 0 and 1, (C + 1, 3).
    """
    name, steps = ('tab20', np.arange(number)) if number <= 20 else ('hsv', None)
    steps = np.linspace(0, 0.97, number) if steps is None else steps
    return np.vstack([colormaps[name](steps)[:, :3], WITHOUT_CLASS])


def draw_in_context(
    examples: Sequence[InContextExample], classes: Sequence[str]
) -> Figure:
    """Draw images with their labels, predictions and the neighbours of some positions.

    Args:
        examples (Sequence[InContextExample]): One line each, at least one.
        classes (Sequence[str]): Names of the classes.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.

    Raises:
        ValueError: If there is no example.
    """
    if not examples:
        raise ValueError('there is no image to draw: give at least one')
    colors = class_colors(len(classes))
    figure = NotebookFigure(
        figsize=(13, 2.2 * len(examples) + 0.6), dpi=120, layout='constrained'
    )
    grid = figure.subplots(
        len(examples), 4, squeeze=False, gridspec_kw=dict(width_ratios=(1, 1, 1, 1.5))
    )
    for line, example in zip(grid, examples, strict=True):
        _draw_image(line[0], example)
        for axes, labels in zip(
            line[1:3], (example.label, example.prediction), strict=True
        ):
            axes.imshow(_painted(labels, colors))
        _draw_neighbors(line[3], example, colors)
    for axes, title in zip(grid[0], (*TITLES, 'nearest in the memory'), strict=True):
        axes.set_title(title, fontsize='medium')
    for axes in grid.flat:
        axes.set_axis_off()
    drawn = sorted({value for e in examples for value in _values(e, len(classes))})
    figure.legend(
        handles=[Patch(color=colors[value], label=classes[value]) for value in drawn],
        loc='outside lower center',
        ncols=8,
        frameon=False,
        fontsize='small',
    )
    return figure


def _draw_image(axes: Axes, example: InContextExample) -> None:
    axes.imshow(example.pixels.permute(1, 2, 0).numpy())
    for number, (patch, _) in enumerate(example.positions, start=1):
        left, top, right, bottom = patch.box
        for color, width in (('white', 3.0), (BLACK, 1.2)):
            axes.add_patch(
                Rectangle(
                    (left, top),
                    right - left,
                    bottom - top,
                    fill=False,
                    edgecolor=color,
                    linewidth=width,
                )
            )
        axes.annotate(str(number), (left, top), color='white', backgroundcolor=BLACK)


def _draw_neighbors(axes: Axes, example: InContextExample, colors: np.ndarray) -> None:
    """Draw a row of patches for each position, framed in the colour of their class."""
    for row, (_, neighbors) in enumerate(example.positions):
        axes.text(-0.25, row + 0.5, str(row + 1), ha='center', va='center')
        for column, patch in enumerate(neighbors):
            extent = (column + 0.05, column + 0.95, row + 0.95, row + 0.05)
            axes.imshow(patch.pixels.permute(1, 2, 0).numpy(), extent=extent)
            frame = Rectangle(
                (column + 0.05, row + 0.05),
                0.9,
                0.9,
                fill=False,
                edgecolor=colors[patch.label],
                linewidth=4,
            )
            axes.add_patch(frame)
    most = max((len(found) for _, found in example.positions), default=1)
    axes.set(xlim=(-0.5, most), ylim=(max(1, len(example.positions)), 0))


def _painted(labels: Tensor, colors: np.ndarray) -> np.ndarray:
    known = labels.numpy()
    return colors[np.where(known < len(colors) - 1, known, len(colors) - 1)]


def _values(example: InContextExample, number: int) -> set[int]:
    """Return the classes that are drawn of an example."""
    values = set(example.label.unique().tolist())
    values |= set(example.prediction.unique().tolist())
    values |= {patch.label for _, found in example.positions for patch in found}
    return {value for value in values if 0 <= value < number}
