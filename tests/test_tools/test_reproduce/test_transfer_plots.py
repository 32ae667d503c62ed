"""Bars: what stands where, and that nothing covers anything else."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from setsim_mm.visualization.palette import BLUE, ORANGE
from studies.transfer_plots import draw_bars
from tests.test_visualization.pixels import pixels_of, shows_color

METHODS = [
    'one',
    'another',
    'mine',
    'a_name_of_mine_that_is_much_longer_than_a_line_is',
]
OURS = [False, False, True, True]


@pytest.fixture
def figure() -> Figure:
    mean = pd.DataFrame(
        {'AP': [50.0, 55.0, 60.0, 40.0], 'AP50': [80.0, 81.0, np.nan, 83.0]}, METHODS
    )
    std = pd.DataFrame({'AP': [np.nan, np.nan, 2.5, np.nan], 'AP50': np.nan}, METHODS)
    cells = mean.map(lambda value: f'{value:.1f} ± 0.0 (5)')
    return draw_bars(mean, std, cells, OURS, 'Table 0: made up')


def test_bars_are_as_long_as_the_values_from_zero(figure):
    first, second = figure.axes
    assert [bar.get_width() for bar in first.patches] == [50, 55, 60, 40]
    assert [bar.get_width() for bar in second.patches] == [80, 81, 83]  # none for NaN
    assert all(bar.get_x() == 0 for axes in figure.axes for bar in axes.patches)
    assert first.get_xlim()[0] == 0 and first.get_xlim()[1] > 62.5
    labels = [label.get_text().replace('\n', '') for label in first.get_yticklabels()]
    assert labels == METHODS
    assert (first.get_xlabel(), second.get_xlabel()) == ('AP', 'AP50')


def test_error_bars_are_where_there_is_a_spread(figure):
    first, second = figure.axes
    segments = [line.get_segments() for line in first.collections]
    np.testing.assert_allclose(segments[0][0][:, 0], [57.5, 62.5])
    assert len(segments) == len(segments[0]) == 1
    assert not second.collections


def test_the_papers_bars_have_another_colour(figure):
    pixels = pixels_of(figure)
    assert shows_color(pixels, BLUE) and shows_color(pixels, ORANGE)
    colors = [bar.get_facecolor() for bar in figure.axes[0].patches]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    assert len(figure.legends[0].get_texts()) == 2


def test_nothing_covers_anything_else(figure):
    pixels_of(figure)  # lays it out
    whole = figure.bbox
    legend = figure.legends[0].get_window_extent()
    for axes in figure.axes:
        area = axes.get_window_extent()
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.x1 <= area.x1 + 1
        for texts in (axes.texts, axes.get_yticklabels()):
            boxes = [text.get_window_extent() for text in texts if text.get_visible()]
            assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
        tight = axes.get_tightbbox()
        assert tight.y0 >= legend.y1 - 1
        assert tight.x0 >= whole.x0 - 1 and tight.x1 <= whole.x1 + 1


def test_a_table_without_rows_of_ours_has_one_mark_in_its_legend():
    mean = pd.DataFrame({'AP': [50.0]}, ['one'])
    drawn = draw_bars(mean, mean * np.nan, mean.astype(str), [False])
    assert len(drawn.legends[0].get_texts()) == 1
