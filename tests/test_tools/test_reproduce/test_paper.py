"""The paper's figures that the package ships, against a transcription of the paper."""

from importlib.resources import files

import pandas as pd
import pytest

import studies
from studies.families import family_named
from studies.paper import paper_figures, relative_to
from tests.paper_tables import TABLES, paper_differences, paper_table

# The paper's name of what is measured: ours.
MEASURED = {
    'b': 'box',
    'b_gain': 'box_gain',
    'm': 'mask',
    'kp': 'keypoints',
    'Citys': 'cityscapes',
    'VOC': 'voc',
    'ADE': 'ade20k',
}


def metric_of(column: str) -> str:
    """Return our name of a column of the paper."""
    measure, measured = column.split('_', 1)
    return f'{measure}_{MEASURED[measured]}'


def papers_figures(table: str) -> pd.DataFrame:
    """Return the transcribed table under our names of metrics."""
    figures = pd.DataFrame.from_dict(paper_table(table), orient='index')
    return figures.rename(columns=metric_of)


@pytest.mark.parametrize('table', TABLES['tables'])
def test_figures_are_the_papers(table: str):
    """Every figure, and the order of rows and columns."""
    pd.testing.assert_frame_equal(
        paper_figures(table), papers_figures(table), check_exact=True
    )


def test_no_other_table_is_shipped():
    source = files(studies) / 'paper_figures.csv'
    with source.open() as file:
        assert set(pd.read_csv(file)['table']) == set(TABLES['tables'])


@pytest.mark.parametrize(
    ('table', 'row', 'other', 'column', 'difference'), paper_differences()
)
def test_differences_that_the_paper_prints(table, row, other, column, difference):
    """A figure that was transcribed wrongly disagrees with the paper's own sums."""
    figures = papers_figures(table)[metric_of(column)]
    assert figures[row] - figures[other] == pytest.approx(difference, abs=1e-9)


def test_the_papers_contradiction_is_kept():
    """AP75 of one model: 62.5 in Table 1, 62.0 in Table 2."""
    assert paper_figures('table1').loc['MoCo-v2 + SetSim', 'AP75_box'] == 62.5
    assert paper_figures('table2').loc['Set2Set-NN', 'AP75_box'] == 62.0
    others = ['AP_box', 'AP50_box']
    assert (
        paper_figures('table1').loc['MoCo-v2 + SetSim', others].tolist()
        == paper_figures('table2').loc['Set2Set-NN', others].tolist()
    )


def test_points_of_figure_3_relative_to_the_default():
    assert relative_to('figure3', '0.7').to_dict() == {0.1: -1.13, 0.7: 0, 0.9: -0.35}


@pytest.mark.parametrize('name', ['table1', 'table2', 'table3', 'figure3'])
def test_the_rows_of_a_family_are_the_papers(name):
    family = family_named(name)
    labels = [row.label for row in family.rows]
    if family.numeric:
        assert labels == [f'0.{n}' for n in range(1, 10)]
    else:
        assert labels == list(paper_table(family.name))
