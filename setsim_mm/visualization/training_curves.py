"""Curves of one or several training runs, drawn panel by panel."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from setsim_mm.runs.curves import Curve, read_curves

from .figure import NotebookFigure
from .palette import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY_BLUE

COLORS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY_BLUE, BLACK)
PER_ROW = 3


@dataclass(frozen=True)
class Panel:
    """Curves that share their axes.

    Args:
        title (str): Above the panel.
        label (str): Of the vertical axis.
        curves (dict[str, tuple[str, str]]): Label and colour of the curves that are
            known, by their names in the log.
        prefix (str): Other curves whose names begin so belong here, too. Defaults to
            '', none.
        reference (str): A curve to compare with, drawn dashed. Defaults to '', none.
        smooth (bool): Whether to draw a running mean over the values. Defaults to
            True; without it the few values there are become points.
        top (float, optional): Least upper end of the vertical axis. Defaults to None.
    """

    title: str
    label: str
    curves: dict[str, tuple[str, str]]
    prefix: str = ''
    reference: str = ''
    smooth: bool = True
    top: float | None = None

    def holds(self, name: str) -> bool:
        """Whether a curve is drawn here."""
        begins = bool(self.prefix) and name.startswith(self.prefix)
        return name in self.curves or begins


# The loss values are as they are summed up.
PANELS = (
    Panel(
        'Training loss',
        'loss',
        {
            'loss': ('total', BLACK),
            'loss_image': ('image level, (1 − λ)·L$_{img}$', BLUE),
            'loss_set': ('set level, λ·L$_{set}$', ORANGE),
        },
        prefix='loss',
    ),
    Panel(
        'Attended positions',
        'positions per view',
        {'attended_query': ('query', SKY_BLUE), 'attended_key': ('key', ORANGE)},
    ),
    Panel(
        'Positives by source',
        'positives per image',
        {
            'positives_from_attention': ('attention', SKY_BLUE),
            'positives_from_geometry': ('geometry', GREEN),
            'positives_added_by_geometry': ('+ geometry', GREEN),
            'positives_added_by_nearest_neighbor': ('+ neighbours', RED),
        },
        prefix='positives_',
    ),
    Panel(
        'Images without positives',
        'share of images',
        {'images_without_positive': ('images', PURPLE)},
        top=0.05,
    ),
    Panel(
        'Correspondence precision',
        'share of positions',
        {'correspondence_precision': ('backbone features', GREEN)},
        reference='correspondence_chance',
        smooth=False,
        top=0.6,
    ),
    Panel(
        'k-NN classification',
        'accuracy in %',
        {'knn_accuracy': ('frozen features', BLUE)},
        smooth=False,
    ),
    Panel(
        'Linear segmentation',
        'mIoU in %',
        {'segmentation_miou': ('frozen features', ORANGE)},
        smooth=False,
    ),
)
# Not drawn unless asked for: of another unit than the rest of their panel.
ON_REQUEST = ('positives_per_query',)


def draw_training_curves(
    work_dirs: str | os.PathLike | Sequence[str | os.PathLike],
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw losses, matching statistics and probes of one or several runs.

    The curves of one run share panels by what they are about. Of several runs each
    curve has a panel to itself and each run a colour.

    Args:
        work_dirs (str | os.PathLike | Sequence[str | os.PathLike]): Work folder of a
            run, or several.
        names (Sequence[str], optional): Curves to draw, by their names in the log,
            which every run must have. Defaults to None: all losses, matching
            statistics and probes that any run has.

    Returns:
        Figure: Save it with ``figure.savefig(path)``.

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
    panels = _panels(_names_to_draw(runs, work_dirs, names))
    if len(runs) > 1:
        panels = [
            (_panel_of_one(panel, name), [name])
            for panel, drawn in panels
            for name in drawn
        ]
    columns = min(PER_ROW, len(panels))
    if len(panels) == 4:
        columns = 2
    rows = math.ceil(len(panels) / columns)
    size = (5.2 * columns, 3.6 * rows)
    figure = NotebookFigure(figsize=size, dpi=130, layout='constrained')
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06, wspace=0.06)
    grid = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes, (panel, drawn) in zip(grid, panels, strict=False):
        if len(runs) == 1:
            (curves,) = runs.values()
            _draw_run(axes, panel, drawn, curves)
        else:
            _draw_runs(axes, panel, drawn[0], runs)
        _finish(axes, panel)
    for axes in grid[len(panels) :]:
        axes.remove()
    return figure


def _labels(work_dirs: Sequence[str | os.PathLike]) -> list[str]:
    """Name runs by their folders, or by the whole paths where those are the same."""
    names = [Path(work_dir).resolve().name for work_dir in work_dirs]
    if len(set(names)) == len(names):
        return names
    return [str(work_dir) for work_dir in dict.fromkeys(map(str, work_dirs))]


def _names_to_draw(
    runs: dict[str, dict[str, Curve]],
    work_dirs: Sequence[str | os.PathLike],
    names: Sequence[str] | None,
) -> list[str]:
    """See that every run has what is asked for, or take what any of them has."""
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
    found = [
        name
        for name in logged
        if name not in ON_REQUEST and any(panel.holds(name) for panel in PANELS)
    ]
    if not found:
        raise ValueError(
            f'the log in {str(work_dirs[0])!r} has no loss and no probe (but '
            f'{", ".join(sorted(logged)) or "nothing"}): the run ended before its '
            'first logged step, or is no training run'
        )
    return found


def _panels(names: Sequence[str]) -> list[tuple[Panel, list[str]]]:
    """Sort curves into panels; one that belongs to none gets one for itself."""
    panels = []
    for panel in PANELS:
        here = [name for name in names if panel.holds(name) and name not in ON_REQUEST]
        known = [name for name in panel.curves if name in here]
        if here:
            rest = [name for name in here if name not in known]
            panels.append((panel, known + rest))
    drawn = {name for _, part in panels for name in part}
    alone = [name for name in names if name not in drawn]
    return panels + [(Panel(name, 'value', {}), [name]) for name in alone]


def _panel_of_one(panel: Panel, name: str) -> Panel:
    """Give the panel of one curve of several runs."""
    title = panel.title
    if len(panel.curves) > 1 or panel.prefix:
        title = name
    return Panel(title, panel.label, {}, '', panel.reference, panel.smooth, panel.top)


def _draw_run(
    axes: Axes, panel: Panel, names: Sequence[str], curves: dict[str, Curve]
) -> None:
    """Draw the curves of one run, each in its colour."""
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
    """Draw one curve of several runs, each run in its colour."""
    for number, (run, curves) in enumerate(runs.items()):
        color = COLORS[number % len(COLORS)]
        if name in curves:
            _draw_curve(axes, curves[name], run, color, panel.smooth)
        reference = curves.get(panel.reference)
        if reference is not None:
            axes.plot(reference.steps, reference.values, '--', color=color, lw=1)


def _draw_curve(axes: Axes, curve: Curve, label: str, color: str, smooth: bool) -> None:
    """Draw every value thin and their running mean bold, or a few values as points."""
    if smooth:
        window = max(1, len(curve.steps) // 20)
        axes.plot(curve.steps, curve.values, color=color, alpha=0.3, linewidth=0.8)
        axes.plot(curve.steps, curve.smoothed(window), color=color, lw=2, label=label)
    else:
        point = dict(marker='o', markersize=4, clip_on=False)
        axes.plot(curve.steps, curve.values, color=color, lw=2, label=label, **point)


def _finish(axes: Axes, panel: Panel) -> None:
    """Scale and label the axes and put the legend above the data."""
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
    axes.grid(color='0.9')
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)
    axes.legend(
        loc='lower left',
        bbox_to_anchor=(-0.02, 1.0),
        ncols=3,
        frameon=False,
        fontsize='small',
        handlelength=1.6,
        columnspacing=1.2,
    )
