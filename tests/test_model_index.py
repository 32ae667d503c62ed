"""model-index.yml, what it imports, and configs/selfsup/README.md: no word untrue."""

import re
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

from tests.paper_tables import paper_table

REPO = Path(__file__).resolve().parents[1]
SELFSUP = REPO / 'configs' / 'selfsup'
METAFILES = yaml.safe_load((REPO / 'model-index.yml').read_text())['Import']
METAFILE = yaml.safe_load((SELFSUP / 'metafile.yml').read_text())
MODELS = {model['Name']: model for model in METAFILE['Models']}

IN1K, IN100 = 'setsim_r50_200e_in1k', 'setsim_r50_200e_in100'
# The configs behind the rows of the paper's tables, from above; None: not trained here.
ROWS = {
    1: [
        'mocov2_r50_200e_in100',
        IN100,
        'simsiam_r50_200e_in100',
        'setsim_simsiam_r50_200e_in100',
    ],
    2: [
        *(f'{IN100}_{name}' for name in ('random', 'sort', 'hungarian', 'set2set')),
        IN100,
    ],
    3: [
        'mocov2_r50_200e_in100',
        *(f'{IN100}_{name}' for name in ('set', 'geo', 'set-geo')),
        IN100,
    ],
    4: [*[None] * 11, IN1K],
    5: [*[None] * 8, IN1K],
    6: [*[None] * 8, IN1K],
    7: [*[None] * 8, IN1K],
}


def papers_rows(table: int) -> list[list[float]]:
    """The figures of each row of a table, from above."""
    return [list(row.values()) for row in paper_table(f'table{table}').values()]


def metafiles_figures(name: str) -> dict[int, list[float]]:
    """The figures of a model by table, in the order in which they stand."""
    figures = {}
    for entry in MODELS[name].get('Downstream', ()):
        source, table = entry['Metadata']['Source'].split(', Table ')
        assert source == 'the paper'
        for result in entry['Results']:
            figures.setdefault(int(table), []).extend(result['Metrics'].values())
    return figures


@pytest.mark.parametrize('table', ROWS)
def test_figures_of_the_metafile_are_the_papers(table):
    rows = papers_rows(table)
    assert len(rows) == len(ROWS[table])
    compared = 0
    for name, row in zip(ROWS[table], rows, strict=True):
        if name in MODELS:  # the baselines are MMSelfSup's own
            assert metafiles_figures(name)[table] == row, name
            compared += 1
    with_figures = [name for name in MODELS if table in metafiles_figures(name)]
    assert compared == len(with_figures) > 0


def readmes_rows(table: int) -> list[tuple[str, list[float]]]:
    """The links and the figures of each row of a table in the README."""
    text = (SELFSUP / 'README.md').read_text()
    section = text.split(f'### Table {table}:', 1)[1].split('\n#', 1)[0]
    return [
        (
            Path(link).stem,
            [float(figure) for figure in rest.split('|') if figure.strip()],
        )
        for link, rest in re.findall(r'^\|.*\]\((.*?)\) \|(.*)\|$', section, re.M)
    ]


@pytest.mark.parametrize('table', [1, 2, 3])
def test_figures_of_the_readme_are_the_papers(table):
    expected = list(zip(ROWS[table], papers_rows(table), strict=True))
    assert readmes_rows(table) == expected


def test_main_results_of_the_readme_are_the_papers():
    text = (SELFSUP / 'README.md').read_text()
    found = {}
    for table, figures in re.findall(r'^\| ([4-7]) \|.*\| ([\d., ]+) \|$', text, re.M):
        found.setdefault(int(table), []).extend(map(float, figures.split(', ')))
    assert found == {table: papers_rows(table)[-1] for table in (4, 5, 6, 7)}


@pytest.mark.parametrize('model', MODELS.values(), ids=MODELS)
def test_config_of_a_model_exists(model):
    path = REPO / model['Config']
    assert path.is_file()
    assert path.stem == model['Name']
    assert model['In Collection'] in {c['Name'] for c in METAFILE['Collections']}


@pytest.mark.parametrize('model', MODELS.values(), ids=MODELS)
def test_epochs_and_batch_of_a_model_are_its_configs(model):
    cfg = Config.fromfile(REPO / model['Config'])
    defaults = METAFILE['Collections'][0]['Metadata']
    metadata = {**defaults, **model['Metadata']}
    assert metadata['Epochs'] == cfg.train_cfg.max_epochs
    assert metadata['Batch Size'] == 8 * cfg.train_dataloader.batch_size


def test_no_checkpoint_is_promised():
    for model in METAFILE['Models']:
        assert 'Weights' not in model
        assert not any('Weights' in entry for entry in model.get('Downstream', ()))


def test_links_exist():
    assert all((REPO / path).is_file() for path in METAFILES)
    assert all((REPO / c['README']).is_file() for c in METAFILE['Collections'])
    links = re.findall(r'(?:\]\(|src=")([^)"]+)', (SELFSUP / 'README.md').read_text())
    assert len(links) > 10
    for link in links:
        file = SELFSUP / link.split('#')[0]
        assert link.startswith('https://') or file.is_file(), link


def test_model_index_reads_it():
    """The library that OpenMMLab's tools and Papers with Code read it with."""
    modelindex = pytest.importorskip('modelindex', reason='it comes with openmim')
    index = modelindex.load(str(REPO / 'model-index.yml'))
    index.build_models_with_collections()
    assert {model.name for model in index.models} == set(MODELS)
