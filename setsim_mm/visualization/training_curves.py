"""Draw the curves of one or several training runs."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from setsim_mm.runs.curves import Curve, read_curves

from .curve_panels import Panel, arrange_panels, is_drawn_by_default
from .figure import NotebookFigure
from .palette import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY_BLUE
from .panels import add_axes, set_style

COLORS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY_BLUE, BLACK)
PER_ROW = 3


def draw_training_curves(
    work_dirs: str | os.PathLike | Sequence[str | os.PathLike],
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw losses, matching statistics and probes of one or several runs.

    Related curves of one run share a panel. For several runs, each curve has a panel
    and each run a colour.

    Args:
        work_dirs (str | os.PathLike | Sequence[str | os.PathLike]): Work folder of one
            run, or of several.
        names (Sequence[str], optional): Names of the curves in the log; every run must
            have them. Defaults to None: all losses, matching statistics, probes, and
            effective rank and spread that any run has.

    Returns:
        Figure: The figure; save it with ``figure.savefig(path)``.

    Raises:
        FileNotFoundError: If a folder has no log.
        ValueError: If a log lacks a curve, or there is nothing to draw.
    """
    if isinstance(work_dirs, str | os.PathLike):
        work_dirs = [work_dirs]
    runs = {
        label: read_curves(work_dir)
        for label, work_dir in zip(_labels(work_dirs), work_dirs, strict=True)
    }
    to_draw = _names_to_draw(runs, work_dirs, names)
    panels = arrange_panels(to_draw, one_curve_each=len(runs) > 1)
    columns = min(PER_ROW, len(panels))
    if len(panels) == 4:
        columns = 2
    rows = math.ceil(len(panels) / columns)
    size = (5.2 * columns, 3.6 * rows)
    figure = NotebookFigure(figsize=size, dpi=130, layout='constrained')
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06, wspace=0.06)
    grid = add_axes(figure, len(panels), columns)
    for axes, (panel, drawn) in zip(grid, panels, strict=True):
        if len(runs) == 1:
            (curves,) = runs.values()
            _draw_run(axes, panel, drawn, curves)
        else:
            _draw_runs(axes, panel, drawn[0], runs)
        _finish(axes, panel)
    return figure


def _labels(work_dirs: Sequence[str | os.PathLike]) -> list[str]:
    """Return the folders' names as labels, or their paths if names are equal."""
    names = [Path(work_dir).resolve().name for work_dir in work_dirs]
    if len(set(names)) == len(names):
        return names
    return [str(work_dir) for work_dir in dict.fromkeys(map(str, work_dirs))]


def _names_to_draw(
    runs: dict[str, dict[str, Curve]],
    work_dirs: Sequence[str | os.PathLike],
    names: Sequence[str] | None,
) -> list[str]:
    """Return the requested names after a check, or the names in any of the runs."""
    if names is not None:
        for work_dir, curves in zip(work_dirs, runs.values(), strict=True):
            for name in names:
                if name not in curves:
                    raise ValueError(
                        f'the log in {str(work_dir)!r} has no curve {name!r}: it has '
                        f'{", ".join(sorted(curves)) or "none"}'
                    )
        return list(dict.fromkeys(names))
    logged = dict.fromkeys(name for curves in runs.values() for name in curves)
    found = [name for name in logged if is_drawn_by_default(name)]
    if not found:
        raise ValueError(
            f'the log in {str(work_dirs[0])!r} has no loss and no probe (but '
            f'{", ".join(sorted(logged)) or "nothing"}): the run ended before its '
            'first logged step, or is not a training run'
        )
    return found


def _draw_run(
    axes: Axes, panel: Panel, names: Sequence[str], curves: dict[str, Curve]
) -> None:
    """Draw the curves of one run, one colour for each curve."""
    used = {panel.curves[name][1] for name in names if name in panel.curves}
    free = [color for color in COLORS if color not in used]
    for name in names:
        if name in panel.curves:
            label, color = panel.curves[name]
        else:
            label, color = name, free.pop(0) if free else GREY
        _draw_curve(axes, curves[name], label, color, panel.smooth)
    reference = curves.get(panel.reference)
    if reference is not None:
        label = panel.reference.split('_')[-1]
        axes.plot(reference.steps, reference.values, '--', color=GREY, label=label)


def _draw_runs(
    axes: Axes, panel: Panel, name: str, runs: dict[str, dict[str, Curve]]
) -> None:
    """Draw one curve of several runs, one colour for each run."""
    for number, (run, curves) in enumerate(runs.items()):
        color = COLORS[number % len(COLORS)]
        if name in curves:
            _draw_curve(axes, curves[name], run, color, panel.smooth)
        reference = curves.get(panel.reference)
        if reference is not None:
            axes.plot(reference.steps, reference.values, '--', color=color, lw=1)


def _draw_curve(axes: Axes, curve: Curve, label: str, color: str, smooth: bool) -> None:
    """Draw thin values with a bold running mean, or values as points."""
    if smooth:
        window = max(1, len(curve.steps) // 20)
        axes.plot(curve.steps, curve.values, color=color, alpha=0.3, linewidth=0.8)
        axes.plot(curve.steps, curve.smoothed(window), color=color, lw=2, label=label)
    else:
        point = dict(marker='o', markersize=4, clip_on=False)
        axes.plot(curve.steps, curve.values, color=color, lw=2, label=label, **point)


def _finish(axes: Axes, panel: Panel) -> None:
    """Set limits and labels of the axes, and place the legend above the data."""
    values = np.concatenate([line.get_ydata() for line in axes.lines])
    if values.min() >= 0:
        axes.set_ylim(bottom=0)
    if panel.top is not None:
        axes.set_ylim(top=max(panel.top, 1.15 * values.max()))
    legend_rows = math.ceil(len(axes.get_legend_handles_labels()[0]) / 3)
    axes.set_title(panel.title, loc='left', fontweight='bold', pad=9 + 17 * legend_rows)
    axes.set_xlabel('iterations')
    axes.set_ylabel(panel.label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_xlim(left=0)
    set_style(axes)
    axes.legend(
        loc='lower left',
        bbox_to_anchor=(-0.02, 1.0),
        ncols=3,
        frameon=False,
        fontsize='small',
        handlelength=1.6,
        columnspacing=1.2,
    )
