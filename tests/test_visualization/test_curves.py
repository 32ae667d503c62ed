"""Curves from recorded logs."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from setsim_mm.visualization import Curve, draw_training_curves, read_curves
from setsim_mm.visualization.palette import BLACK, BLUE, GREEN, GREY, ORANGE

from .pixels import pixels_of, shows_color


def write_log(work_dir: Path, time: str, records: list[dict], config: str = '') -> None:
    vis_data = work_dir / time / 'vis_data'
    vis_data.mkdir(parents=True)
    lines = [json.dumps(record) for record in records]
    (vis_data / 'scalars.json').write_text('\n'.join(lines) + '\n')
    (vis_data / 'config.py').write_text(config)


def loss(step: int, value: float) -> dict:
    """A record as mmengine's LoggerHook writes it."""
    return dict(
        lr=0.03,
        loss=value,
        loss_image=0.4 * value,
        loss_set=0.6 * value,
        epoch=1,
        iter=step,
        step=step,
    )


def precision(step: int, value: float) -> dict:
    return dict(
        correspondence_precision=value,
        correspondence_chance=0.13,
        epoch=step // 10,
        step=step,
    )


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    records = [precision(0, 0.4)]
    for step in range(1, 21):
        records.append(loss(step, 5 - step / 10))
        if step % 10 == 0:
            records.append(precision(step, 0.4 + step / 80))
    write_log(tmp_path, '20260101_120000', records)
    return tmp_path


def bold_lines(figure: Figure, panel: int) -> dict:
    """The lines of a panel that its legend names."""
    axes = figure.axes[panel]
    return dict(
        zip(
            [text.get_text() for text in axes.get_legend().get_texts()],
            [line for line in axes.lines if not line.get_label().startswith('_')],
            strict=True,
        )
    )


def test_reads_every_quantity_at_its_steps(work_dir: Path) -> None:
    curves = read_curves(work_dir)
    assert curves['loss'].steps.tolist() == list(range(1, 21))
    assert curves['loss'].values[-1] == 3
    assert curves['correspondence_precision'].steps.tolist() == [0, 10, 20]
    assert curves['correspondence_precision'].values.tolist() == [0.4, 0.525, 0.65]


def test_draws_losses_and_precision_with_chance(work_dir: Path) -> None:
    figure = draw_training_curves(work_dir)
    losses, precisions = bold_lines(figure, 0), bold_lines(figure, 1)
    assert [line.get_color() for line in losses.values()] == [BLACK, BLUE, ORANGE]
    assert len(figure.axes[0].lines) == 6  # raw ones beneath the smoothed ones
    assert precisions['backbone features'].get_color() == GREEN
    assert precisions['backbone features'].get_ydata().tolist() == [0.4, 0.525, 0.65]
    assert precisions['chance'].get_linestyle() == '--'
    assert precisions['chance'].get_ydata().tolist() == [0.13] * 3


def test_legends_lie_outside_the_data(work_dir: Path) -> None:
    figure = draw_training_curves(work_dir)
    pixels_of(figure)
    for axes in figure.axes:
        legend = axes.get_legend().get_window_extent()
        assert legend.y0 >= axes.get_window_extent().y1 - 1
        assert legend.x1 <= figure.bbox.x1


def test_a_run_without_the_hook_has_one_panel(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [loss(1, 2.0), loss(2, 1.0)])
    assert len(draw_training_curves(tmp_path).axes) == 1


def test_a_run_with_a_total_loss_only(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [dict(loss=1.5, step=5)])
    assert list(bold_lines(draw_training_curves(tmp_path), 0)) == ['total']


def test_the_last_run_replaces_an_earlier_one(work_dir: Path) -> None:
    write_log(work_dir, '20260102_120000', [loss(5, 1.0)], 'resume = False')
    assert read_curves(work_dir)['loss'].steps.tolist() == [5]


def test_a_resumed_run_continues_the_earlier_one(work_dir: Path) -> None:
    later = [loss(step, 1.0) for step in range(16, 26)]
    write_log(work_dir, '20260102_120000', later, 'resume = True')
    curve = read_curves(work_dir)['loss']
    assert curve.steps.tolist() == list(range(1, 26))
    assert curve.values[14] == 3.5 and curve.values[15:].tolist() == [1.0] * 10


def test_smoothing_is_a_mean_over_what_is_there() -> None:
    curve = Curve(np.arange(5), np.array([1.0, 2.0, 6.0, 1.0, 3.0]))
    assert curve.smoothed(1).tolist() == curve.values.tolist()
    assert curve.smoothed(3).tolist() == [1.5, 3, 3, pytest.approx(10 / 3), 2]
    assert curve.smoothed(99).shape == (5,)


def test_no_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='there is no training log'):
        draw_training_curves(tmp_path)


def test_a_log_without_losses_is_said(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [precision(0, 0.4)])
    with pytest.raises(ValueError, match="has no curve 'loss'"):
        draw_training_curves(tmp_path)


def test_saved_picture_shows_the_colours(work_dir: Path) -> None:
    pixels = pixels_of(draw_training_curves(work_dir))
    for color in (BLUE, ORANGE, GREEN, GREY):
        assert shows_color(pixels, color)
