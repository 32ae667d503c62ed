"""Plots of families: what stands where."""

import numpy as np
import pandas as pd
import pytest

from setsim_mm.visualization.palette import BLUE, GREY, ORANGE
from studies.family_plots import draw_points, draw_rows
from tests.test_visualization.pixels import pixels_of, shows_color

PAPER = pd.Series([54.9, 55.4, np.nan], ['Random', 'Sort', 'Set'], name='paper')


@pytest.fixture
def precision() -> pd.DataFrame:
    rows = [('Sort', 0.5), ('Sort', 0.7), ('Set', 0.8)]
    return pd.DataFrame(rows, columns=['row', 'value'])


def marks(axes, color: str) -> list[tuple[float, float]]:
    """The places of all marks of a colour."""
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_color() == color and line.get_marker() in ('o', 'D')
        for x, y in line.get_xydata()
    ]


def test_rows_show_each_seed_mean_spread_and_the_papers(precision):
    figure = draw_rows(list(PAPER.index), {'precision': precision}, PAPER, 'A table')
    ours, theirs = figure.axes
    assert sorted(marks(ours, GREY)) == [(0.5, 1), (0.7, 1), (0.8, 2)]
    assert sorted(marks(ours, BLUE)) == [(pytest.approx(0.6), 1), (0.8, 2)]
    bars = [bar.get_segments()[0][:, 0] for c in ours.containers for bar in c[2]]
    assert len(bars) == 1  # one seed has no spread
    np.testing.assert_allclose(bars[0], [0.6 - 0.02**0.5, 0.6 + 0.02**0.5])
    assert marks(theirs, ORANGE) == [(54.9, 0), (55.4, 1)]
    assert [text.get_text() for text in theirs.texts] == ['54.9', '55.4']
    assert [label.get_text() for label in ours.get_yticklabels()] == list(PAPER.index)
    assert ours.get_ylim()[0] > ours.get_ylim()[1]  # the first row is on top
    assert (ours.get_xlabel(), theirs.get_xlabel()) == ('precision', 'paper')
    for color in (GREY, BLUE, ORANGE):
        assert shows_color(pixels_of(figure), color)


def test_points_are_a_curve_over_the_parameter():
    values = pd.DataFrame(
        [(0.7, 2.0), (0.1, 1.0), (0.7, 4.0)], columns=['row', 'value']
    )
    paper = pd.Series({0.1: -1.13, 0.7: 0.0, 0.9: -0.35}, name='relative')
    figure = draw_points('δ', {'accuracy': values}, paper)
    ours, theirs = figure.axes
    assert marks(ours, BLUE) == [(0.1, 1), (0.7, 3)]
    assert sorted(marks(ours, GREY)) == [(0.1, 1), (0.7, 2), (0.7, 4)]
    assert marks(theirs, ORANGE) == [(0.1, -1.13), (0.7, 0), (0.9, -0.35)]
    assert [text.get_text() for text in theirs.texts] == ['−1.13', '0', '−0.35']
    assert ours.get_xlim() == theirs.get_xlim()


@pytest.mark.parametrize('number', [0, 1, 2, 3])
def test_there_is_a_panel_for_each_measure_and_the_paper(precision, number):
    panels = {f'measure {n}': precision for n in range(number)}
    figure = draw_rows(list(PAPER.index), panels, PAPER)
    assert len(figure.axes) == number + 1
    pixels_of(figure)
    legend = figure.legends[0].get_window_extent()
    for axes in figure.axes:
        assert axes.get_tightbbox().y0 >= legend.y1 - 1  # nothing is covered
        assert axes.get_tightbbox().x1 <= figure.bbox.x1
