"""Tables: means and spreads by hand, empty cells, and what is written."""

import math
from pathlib import Path

import pandas as pd
import pytest

from setsim_mm.runs import (
    PROBES,
    Metric,
    RunRecord,
    write_tables,
)
from studies.families import family_named
from studies.family_tables import as_markdown, table_of
from studies.statistics import statistics_of

FAMILY = family_named('table2')
RUNS = {row.label: row.run for row in FAMILY.rows}


def result(label: str, seed: int, **metrics: float) -> RunRecord:
    return RunRecord(Path(), RUNS[label], seed, {}, metrics=metrics)


@pytest.fixture
def results() -> list[RunRecord]:
    return [
        result('Sort', 0, correspondence_precision=0.5, knn_accuracy=60.0),
        result('Sort', 1, correspondence_precision=0.6, knn_accuracy=62.0),
        result('Sort', 2, correspondence_precision=0.7, knn_accuracy=64.0),
        result('Random', 4, correspondence_precision=0.25),
        RunRecord(Path(), 'of another family', 0, {}, metrics=dict(knn_accuracy=1.0)),
    ]


def test_mean_and_spread_of_the_sample(results):
    table = table_of(FAMILY, RUNS, results)
    assert list(table.index) == list(RUNS)
    assert table['seeds'].tolist() == [1, 3, 0, 0, 0]
    sort = table.loc['Sort']
    assert sort['correspondence_precision_mean'] == pytest.approx(0.6)
    assert sort['correspondence_precision_std'] == pytest.approx(0.1)  # of n − 1
    assert sort['knn_accuracy_std'] == pytest.approx(2.0)
    random = table.loc['Random']
    assert random['correspondence_precision_mean'] == 0.25
    assert math.isnan(random['correspondence_precision_std'])
    assert math.isnan(random['knn_accuracy_mean'])
    assert not [name for name in table if 'segmentation' in name]
    assert table.loc['Hungarian', 'paper_AP75_box'] == 61.5


def test_statistics_count_the_seeds_that_have_a_value(results):
    statistics = statistics_of(results, PROBES)
    assert statistics.loc[RUNS['Sort'], 'knn_accuracy'].tolist() == [62.0, 2.0, 3]
    assert statistics.loc[RUNS['Random'], ('knn_accuracy', 'count')] == 0
    assert statistics_of([], PROBES).empty


def test_markdown_leaves_cells_without_a_run_empty(results):
    text = as_markdown(FAMILY, table_of(FAMILY, RUNS, results), 'Table 2')
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    assert rows[0] == [
        'strategy',
        'seeds',
        'correspondence precision',
        'k-NN accuracy (%)',
        "paper's AP",
        "paper's AP50",
        "paper's AP75",
    ]
    assert rows[2] == ['Random', '1', '0.2500', '', '54.9', '80.6', '60.6']
    assert rows[3][:4] == ['Sort', '3', '0.6000 ± 0.1000', '62.0 ± 2.0']
    assert rows[5] == ['Set2Set', '', '', '', '56.0', '81.4', '61.9']
    assert 'another measure' in text


def test_nothing_is_run_yet():
    text = as_markdown(FAMILY, table_of(FAMILY, RUNS, []), 'Table 2')
    assert '| Set2Set-NN |         | 56.1' in text


def test_figure_3_has_no_figures_of_the_papers_but_what_its_text_says():
    family = family_named('figure3')
    runs = {row.label: row.run for row in family.rows}
    table = table_of(family, runs, [])
    assert not [name for name in table if name.startswith('paper')]
    text = as_markdown(family, table, 'Figure 3')
    assert '+1.13 from 0.1 to 0.7, −0.35 from 0.7 to 0.9' in text


def test_csv_has_the_figures_unrounded(results, tmp_path: Path):
    table = table_of(FAMILY, RUNS, results)
    text = as_markdown(FAMILY, table, 'Table 2')
    markdown, csv = write_tables(tmp_path / 'new' / 'table2', text, table)
    assert markdown.read_text().startswith('## Table 2\n')
    pd.testing.assert_frame_equal(pd.read_csv(csv, index_col='strategy'), table)


def test_values_are_scaled(results):
    percent = Metric('correspondence_precision', 'precision', '%', scale=100.0)
    mean, std, count = statistics_of(results, [percent]).loc[RUNS['Sort']]
    assert (mean, std, count) == (pytest.approx(60.0), pytest.approx(10.0), 3)
