"""Differences, their intervals and the verdict, by hand."""

import math

import pandas as pd
import pytest

from studies.paired import half_width
from worth.measures import KNN, LINEAR
from worth.plots import draw_results
from worth.results import Comparison, Results, difference_text
from worth.tables import as_markdown, figures_of
from worth.verdict import verdict

from .data import GIVEN, HERE, RANDOM, record

SHARES = [5.0, 100.0]
# At 100 %: differences 1, 2, 3 from random, and -1, 0, 1 from the weights given.
RECORDS = [
    record(start, seed, knn_accuracy_5=value / 2, knn_accuracy_100=value)
    for start, values in (
        (RANDOM, [50.0, 51.0, 52.0]),
        (GIVEN, [52.0, 53.0, 54.0]),
        (HERE, [51.0, 53.0, 55.0]),
    )
    for seed, value in enumerate(values)
]
T_OF_TWO = 4.302653  # Student's t of two degrees of freedom at 97.5 %


@pytest.fixture
def results() -> Results:
    return Results([RANDOM, GIVEN, HERE], [KNN], SHARES, RECORDS)


def test_half_width_by_hand():
    # The deviation of 1, 2, 3 is 1.
    assert half_width(pd.Series([1.0, 2.0, 3.0])) == pytest.approx(
        T_OF_TWO / math.sqrt(3), rel=1e-6
    )
    assert math.isnan(half_width(pd.Series([1.0])))


def test_differences_are_paired_over_seeds(results):
    found = results.compare(HERE, RANDOM, KNN, 100)
    assert (found.difference, found.seeds) == (2.0, 3)
    assert found.half_width == pytest.approx(T_OF_TWO / math.sqrt(3), rel=1e-6)
    assert not found.distinguishable
    halved = results.compare(HERE, RANDOM, KNN, 5)
    assert halved.difference == 1.0
    assert len(results.comparisons()) == 4


def test_only_common_seeds_count(results):
    some = Results(results.starts, [KNN], SHARES, RECORDS[1:-1])
    found = some.compare(HERE, RANDOM, KNN, 100)
    assert (found.difference, found.seeds) == (2.0, 1)
    assert math.isnan(found.half_width) and not found.distinguishable
    assert (
        Results([RANDOM, HERE], [KNN], SHARES, []).compare(HERE, RANDOM, KNN, 100)
        is None
    )


def test_a_star_marks_intervals_without_zero():
    runs = [
        record(start, seed, knn_accuracy_100=value)
        for start, values in ((RANDOM, [50.0, 51.0, 52.0]), (HERE, [53.0, 54.1, 54.9]))
        for seed, value in enumerate(values)
    ]
    found = Results([RANDOM, HERE], [KNN], [100.0], runs).compare(
        HERE, RANDOM, KNN, 100
    )
    # Differences 3, 3.1, 2.9: deviation 0.1.
    assert found.half_width == pytest.approx(0.1 * T_OF_TWO / math.sqrt(3), rel=1e-6)
    assert found.distinguishable and difference_text(found) == '+3.0 ± 0.2 *'


def test_verdict_says_what_is_distinguishable(results):
    sentence = verdict(results, KNN)
    assert 'not distinguishable from random (+2.0 ± 2.5' in sentence
    assert 'not distinguishable from the weights given (+0.0 ± 2.5' in sentence
    assert (
        sentence.startswith('By k-NN classification with 100 % of the labels, ')
        and '3 seeds' in sentence
    )


def test_decimals_show_whether_zero_is_excluded():
    def text(difference: float, width: float) -> str:
        found = Comparison(HERE, RANDOM, KNN, 100, difference, width, 3)
        return difference_text(found)

    assert text(-0.2349, 0.1999) == '-0.23 ± 0.20 *'
    assert text(0.2, 0.2049) == '+0.2 ± 0.2'
    assert text(0.16, 0.14) == '+0.2 ± 0.1 *'
    assert text(0.14, 0.151) == '+0.1 ± 0.2'


@pytest.mark.parametrize(('gain', 'word'), [(5.0, 'better'), (-5.0, 'worse')])
def test_verdict_of_a_large_difference(gain, word):
    runs = [
        record(start, seed, knn_accuracy_100=50 + seed + extra)
        for start, extra in ((RANDOM, 0.0), (HERE, gain))
        for seed in range(3)
    ]
    sentence = verdict(Results([RANDOM, HERE], [KNN], [100.0], runs), KNN)
    assert f'{word} by 5.0 ± 0.0 points of accuracy than random' in sentence


def test_one_seed_has_no_interval():
    runs = [run for run in RECORDS if run.seed == 0]
    sentence = verdict(Results([RANDOM, GIVEN, HERE], [KNN], SHARES, runs), KNN)
    assert 'better by 1.0 points of accuracy than random' in sentence
    assert 'no interval is possible' in sentence and '±' not in sentence


def test_verdict_of_held_out_images_in_pretraining(results):
    assert 'held-out images were in pre-training' in verdict(results, KNN, True)
    assert 'held-out' not in verdict(results, KNN)


def test_tables(results):
    text = as_markdown(results, 'title', ['It is.'], ['a note'])
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    assert rows[2] == [
        'k-NN accuracy', '5 %', '25.5 ± 0.5', '26.5 ± 0.5', '26.5 ± 1.0',
    ]  # fmt: skip
    assert rows[3][1:] == ['100 %', '51.0 ± 1.0', '53.0 ± 1.0', '53.0 ± 2.0']
    assert rows[4][2] == f'{HERE.label}, minus random'
    assert rows[-1] == ['k-NN accuracy', '100 %', '+2.0 ± 2.5', '+0.0 ± 2.5']
    assert 'Seeds: random 3, the weights given 3' in text
    assert text.rstrip().endswith('It is.\n\n- a note')
    figures = figures_of(results)
    assert figures.loc['given', 'knn_accuracy_100'].tolist() == [52.0, 53.0, 54.0]


def test_plot_has_means_and_intervals(results):
    figure = draw_results(results, 'title')
    values, differences = figure.axes
    means = [line.get_ydata() for line in values.lines if len(line.get_ydata()) == 2]
    assert any(list(mean) == [26.5, 53.0] for mean in means)
    # The zero line, and the lines of the two others with their caps.
    shown = [list(line.get_ydata()) for line in differences.lines]
    assert [0, 0] in shown and [1.0, 2.0] in shown
    assert [label.get_text() for label in values.get_xticklabels()] == ['5', '100']


def test_measures_without_a_value_are_left_open(results):
    with_other = Results(results.starts, [KNN, LINEAR], SHARES, RECORDS)
    assert len(with_other.comparisons()) == 4
    *_, last = [
        line.strip('|').split('|')
        for line in as_markdown(with_other, 't', [], []).splitlines()
        if line.startswith('| linear accuracy')
    ]
    assert [cell.strip() for cell in last[2:]] == ['', '']
    assert 'No pre-trained' in verdict(with_other, LINEAR)
