"""The paper's figures as data, against the paper's own text."""

import re
from pathlib import Path

import pytest

from setsim_mm.experiments import FAMILIES, paper_figures
from setsim_mm.experiments.paper import relative_to

PAPERS = Path(__file__).parents[3] / 'shared' / 'papers'
# number: (rows, metrics)
SHAPES = {
    'table1': (4, 3),
    'table2': (5, 3),
    'table3': (5, 1),
    'table4': (12, 3),
    'table5': (9, 3),
    'table6': (9, 9),
    'table7': (9, 2),
    'figure3': (2, 1),
}


@pytest.fixture(scope='module')
def paper() -> str:
    papers = sorted(PAPERS.glob('000_*.txt'))
    if not papers:
        pytest.skip('needs the text of the paper in shared/papers')
    text = papers[0].read_text()
    text = re.sub(r'</?b>|<sub>.*?</sub>|<sup>.*?</sup>', '', text)
    return re.sub(r' *\[[\d, ]+\]', '', text)  # citations


def printed(paper: str, number: int) -> dict[str, list[float]]:
    """The lines of a table in the text: a name, then nothing but figures."""
    begin = paper.index(next(iter(re.findall(rf'Table {number}\. .*', paper))))
    rows = {}
    for line in paper[begin:].splitlines()[1:]:
        name, *cells = line.split('\t')
        figures = [re.match(r'\d+\.\d+', cell) for cell in cells]
        if cells and all(figures):
            rows[name] = [float(figure[0]) for figure in figures]
        elif rows:
            return rows
    return rows


@pytest.mark.parametrize('table', SHAPES)
def test_every_table_is_whole(table: str):
    figures = paper_figures(table)
    assert figures.shape == SHAPES[table]
    assert not figures.isna().any(axis=None)


@pytest.mark.parametrize('number', [4, 5, 6, 7])
def test_tables_of_methods_are_the_papers(paper: str, number: int):
    figures = paper_figures(f'table{number}')
    rows = printed(paper, number)
    assert list(rows) == list(figures.index)
    for name, values in rows.items():
        assert figures.loc[name].tolist() == values


def test_table_1_is_the_papers(paper: str):
    rows = re.findall(
        r'^(MoCo-v2|\+ SetSim|SimSiam)\t([\d.]+).*?\t([\d.]+).*?\t([\d.]+)',
        paper[paper.index('Table 1.') :],
        flags=re.MULTILINE,
    )[:4]
    ours = paper_figures('table1')
    assert [[float(x) for x in row[1:]] for row in rows] == ours.to_numpy().tolist()
    assert [row[0] for row in rows] == [
        name if '+' not in name else '+ SetSim' for name in ours.index
    ]


def test_table_2_is_the_papers(paper: str):
    names = ['Random', 'Sort', 'Hungarian', 'Set2Set', 'Set2Set - NN']
    for name, values in zip(names, paper_figures('table2').to_numpy(), strict=True):
        row = '\t'.join(f'{value:.1f}' for value in values)
        assert f'<i>{name}</i>\t{row}' in paper
    assert 'Set2Set-NN' in paper_figures('table2').index


def test_table_3_is_the_papers(paper: str):
    ticks = ['\t\t', '✓\t\t', '\t✓\t', '✓\t✓\t', '✓\t✓\t✓']
    for row, value in zip(ticks, paper_figures('table3')['AP_box'], strict=True):
        assert f'\n{row}\t{value}' in paper


def test_figure_3_says_what_the_text_says(paper: str):
    gain, loss = paper_figures('figure3')['AP_box_gain']
    assert f'from 0.1 to 0.7 brings significant gains of {gain}%' in re.sub(
        r'\$.*?\$', '', paper
    ).replace('  ', ' ')
    assert f'slightly drops {-loss}%' in paper
    assert relative_to('figure3', '0.7').to_dict() == {0.1: -1.13, 0.7: 0, 0.9: -0.35}


@pytest.mark.parametrize('family', FAMILIES, ids=lambda family: family.name)
def test_the_rows_of_a_family_are_the_papers(family):
    labels = [row.label for row in family.rows]
    if family.numeric:
        assert labels == [f'0.{n}' for n in range(1, 10)]
    else:
        assert labels == list(paper_figures(family.name).index)
