"""Curves of a training run, from the log that mmengine writes as JSON lines."""

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mmengine.config import Config

from .palette import BLACK, BLUE, GREEN, GREY, ORANGE

# name in the log: (what it is, colour); the loss values are as they are summed up
LOSSES = {
    'loss': ('total', BLACK),
    'loss_image': ('image level, (1 − λ)·L$_{img}$', BLUE),
    'loss_set': ('set level, λ·L$_{set}$', ORANGE),
}


@dataclass(frozen=True)
class Curve:
    """Values of one quantity over a run.

    Args:
        steps (np.ndarray): Iterations done, increasing, (M,).
        values (np.ndarray): (M,).
    """

    steps: np.ndarray
    values: np.ndarray

    def smoothed(self, window: int) -> np.ndarray:
        """Average over ``window`` neighbouring values, over fewer at the ends, (M,)."""
        kernel = np.ones(min(window, len(self.values)))
        total = np.convolve(self.values, kernel, mode='same')
        return total / np.convolve(np.ones(len(self.values)), kernel, mode='same')


def read_curves(work_dir: str | os.PathLike) -> dict[str, Curve]:
    """Read every quantity that the last run in a folder logged.

    A run that was resumed is read from its beginning, each part up to the step at
    which the next one went on.

    Args:
        work_dir (str | os.PathLike): Work folder of a run; it holds
            ``<time>/vis_data/scalars.json``.

    Returns:
        dict[str, Curve]: By the names in the log, such as ``loss``.

    Raises:
        FileNotFoundError: If there is no such log.
    """
    logs = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))  # by time
    if not logs:
        raise FileNotFoundError(
            f'there is no training log (*/vis_data/scalars.json) in {str(work_dir)!r}: '
            'give the work folder of a run that has logged something'
        )
    records: list[dict] = []
    for log in reversed(logs):
        part = [json.loads(line) for line in log.read_text().splitlines() if line]
        begin = min((record['step'] for record in records), default=np.inf)
        records = [record for record in part if record['step'] < begin] + records
        if not _was_resumed(log.parent):
            break
    points = defaultdict(dict)
    for record in records:
        for name, value in record.items():
            if isinstance(value, int | float) and name != 'step':
                points[name][record['step']] = value
    return {
        name: Curve(np.array(sorted(at)), np.array([at[step] for step in sorted(at)]))
        for name, at in points.items()
    }


def _was_resumed(vis_data: Path) -> bool:
    """Whether a run went on from another one, by the config that it dumped."""
    config = vis_data / 'config.py'
    if not config.is_file():
        return False
    return bool(Config.fromfile(config, import_custom_modules=False).get('resume'))


def draw_training_curves(work_dir: str | os.PathLike) -> Figure:
    """Draw the losses of a run, and correspondence precision if it was logged.

    Args:
        work_dir (str | os.PathLike): Work folder of a run.

    Returns:
        Figure: One panel, or two. Save it with ``figure.savefig(path)``.

    Raises:
        FileNotFoundError: If there is no log.
        ValueError: If the log has no loss.
    """
    curves = read_curves(work_dir)
    if 'loss' not in curves:
        raise ValueError(
            f"the log in {str(work_dir)!r} has no curve 'loss' (but "
            f'{", ".join(sorted(curves)) or "none"}): the run ended before its first '
            'logged step, or is no training run'
        )
    with_precision = 'correspondence_precision' in curves
    panels = 2 if with_precision else 1
    figure = Figure(figsize=(5.2 * panels, 3.6), dpi=160, layout='constrained')
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06, wspace=0.06)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _draw_losses(axes[0], curves)
    if with_precision:
        _draw_precision(axes[1], curves)
    return figure


def _draw_losses(axes: Axes, curves: dict[str, Curve]) -> None:
    """Draw every logged value thin and their running mean bold."""
    for name, (label, color) in LOSSES.items():
        if name not in curves:
            continue
        curve = curves[name]
        window = max(1, len(curve.steps) // 20)
        axes.plot(curve.steps, curve.values, color=color, alpha=0.3, linewidth=0.8)
        smooth = curve.smoothed(window)
        axes.plot(curve.steps, smooth, color=color, linewidth=2, label=label)
    _finish(axes, title='Training loss', label='loss')
    axes.set_ylim(bottom=0)


def _draw_precision(axes: Axes, curves: dict[str, Curve]) -> None:
    precision = curves['correspondence_precision']
    axes.plot(
        precision.steps,
        precision.values,
        color=GREEN,
        linewidth=2,
        marker='o',
        markersize=4,
        label='backbone features',
        clip_on=False,
    )
    chance = curves.get('correspondence_chance')
    if chance is not None:
        axes.plot(
            chance.steps, chance.values, color=GREY, linestyle='--', label='chance'
        )
    _finish(axes, title='Correspondence precision', label='share of positions')
    axes.set_ylim(0, max(0.6, min(1, 1.15 * precision.values.max())))


def _finish(axes: Axes, title: str, label: str) -> None:
    """Label the axes and put the legend above the data."""
    axes.set_title(title, loc='left', fontweight='bold', pad=26)
    axes.set_xlabel('iterations')
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
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
