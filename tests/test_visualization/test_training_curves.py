"""Drawing training curves."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from setsim_mm.visualization import draw_training_curves
from setsim_mm.visualization.palette import BLACK, BLUE, GREEN, GREY, ORANGE

from .logs import loss, write_log, write_run
from .pixels import pixels_of, shows_color


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    return write_run(tmp_path / 'run')


def bold_lines(figure: Figure, panel: int) -> dict:
    """Return the lines of a panel by their labels in the legend."""
    axes = figure.axes[panel]
    return dict(
        zip(
            [text.get_text() for text in axes.get_legend().get_texts()],
            [line for line in axes.lines if not line.get_label().startswith('_')],
            strict=True,
        )
    )


def test_draws_losses_and_precision_with_chance(work_dir: Path) -> None:
    figure = draw_training_curves(work_dir)
    losses, precisions = bold_lines(figure, 0), bold_lines(figure, 1)
    assert [line.get_color() for line in losses.values()] == [BLACK, BLUE, ORANGE]
    assert len(figure.axes[0].lines) == 6  # raw and smoothed
    assert precisions['backbone features'].get_color() == GREEN
    assert precisions['backbone features'].get_ydata().tolist() == [0.4, 0.525, 0.65]
    assert precisions['chance'].get_linestyle() == '--'
    assert precisions['chance'].get_ydata().tolist() == [0.13] * 3


def test_legends_are_outside_the_data(work_dir: Path) -> None:
    figure = draw_training_curves(work_dir)
    pixels_of(figure)
    assert len(figure.axes) == 2
    for axes in figure.axes:
        legend = axes.get_legend().get_window_extent()
        assert legend.y0 >= axes.get_window_extent().y1 - 1
        assert legend.x1 <= figure.bbox.x1


def test_run_without_the_hook_has_one_panel(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [loss(1, 2.0), loss(2, 1.0)])
    assert len(draw_training_curves(tmp_path).axes) == 1


def test_run_with_a_total_loss_only(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [dict(loss=1.5, step=5)])
    assert list(bold_lines(draw_training_curves(tmp_path), 0)) == ['total']


def test_error_for_a_log_without_known_curves(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [dict(lr=0.1, step=1)])
    with pytest.raises(ValueError, match=r'no loss and no probe.*\blr\b'):
        draw_training_curves(tmp_path)


def test_error_for_a_missing_curve(work_dir: Path) -> None:
    with pytest.raises(ValueError, match=r"'knn_accuracy'.*loss_set"):
        draw_training_curves(work_dir, ['loss', 'knn_accuracy'])


STATISTICS = dict(
    attended_query=8.0,
    attended_key=7.0,
    positives_from_attention=56.0,
    positives_added_by_geometry=30.0,
    positives_added_by_nearest_neighbor=5.0,
    positives_per_query=9.0,
    images_without_positive=0.0,
)
PROBES = dict(knn_accuracy=61.0, segmentation_miou=27.0, in_context_miou=31.0)
HEALTH = dict(
    effective_rank=30.0,
    feature_deviation=0.08,
    dense_effective_rank=90.0,
    dense_feature_deviation=0.06,
)


def titles(figure: Figure) -> list[str]:
    return [axes.get_title('left') for axes in figure.axes]


def test_statistics_and_probes_have_panels(tmp_path: Path) -> None:
    records = [{**loss(step, 2.0), **STATISTICS, **PROBES, **HEALTH} for step in (1, 2)]
    write_log(tmp_path, '20260101_120000', records)
    figure = draw_training_curves(tmp_path)
    assert titles(figure) == [
        'Training loss',
        'Attended positions',
        'Positives by source',
        'Images without positives',
        'k-NN classification',
        'Segmentation by frozen features',
        'Effective rank of the batch',
        'Spread of normalised features',
    ]
    sources = bold_lines(figure, 2)
    assert list(sources) == ['attention', '+ geometry', '+ neighbours']
    assert sources['+ geometry'].get_ydata().tolist() == [30, 30]
    assert bold_lines(figure, 4)['frozen features'].get_ydata().tolist() == [61, 61]
    assert bold_lines(figure, 5)['in context'].get_ydata().tolist() == [31, 31]
    assert list(bold_lines(figure, 6)) == ['images', 'positions']
    assert bold_lines(figure, 7)['positions'].get_ydata().tolist() == [0.06, 0.06]


def test_only_requested_curves(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [{**loss(1, 2.0), **STATISTICS}] * 2)
    names = ['positives_per_query', 'loss_set', 'lr', 'attended_key']
    figure = draw_training_curves(tmp_path, names)
    assert titles(figure) == [
        'Training loss',
        'Attended positions',
        'positives_per_query',
        'lr',
    ]
    assert list(bold_lines(figure, 0)) == ['set level, λ·L$_{set}$']
    assert list(bold_lines(figure, 1)) == ['key']


def test_losses_of_other_algorithms_keep_their_names(tmp_path: Path) -> None:
    write_log(tmp_path, '20260101_120000', [dict(loss=-1.0, loss_dense=-0.4, step=5)])
    figure = draw_training_curves(tmp_path)
    assert list(bold_lines(figure, 0)) == ['total', 'loss_dense']
    assert figure.axes[0].get_ylim()[0] < -1  # SimSiam's losses are negative


def test_several_runs_have_a_panel_for_each_curve(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / 'a'), tmp_path / 'b'
    write_log(second, '20260101_120000', [loss(1, 2.0), loss(2, 1.0)])
    figure = draw_training_curves([first, second])
    assert titles(figure) == [
        'loss',
        'loss_image',
        'loss_set',
        'Correspondence precision',
    ]
    both = bold_lines(figure, 0)
    assert list(both) == ['a', 'b']
    assert both['b'].get_ydata().tolist() == [2, 1]
    assert list(bold_lines(figure, 3)) == ['a']  # not in the log of the other run
    with pytest.raises(ValueError, match=r"'.*b'.*'correspondence_precision'"):
        draw_training_curves([first, second], ['correspondence_precision'])


def test_runs_in_folders_of_one_name_have_different_labels(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / parent / 'run') for parent in 'ab']
    labels = list(bold_lines(draw_training_curves(runs, ['loss']), 0))
    assert labels == [str(run) for run in runs]


def test_saved_picture_shows_the_colours(work_dir: Path) -> None:
    pixels = pixels_of(draw_training_curves(work_dir))
    for color in (BLUE, ORANGE, GREEN, GREY):
        assert shows_color(pixels, color)
