"""The notebooks in docs run, cell by cell, and hold their outputs."""

import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from mmengine.config import Config

from .test_apis.models import save_checkpoint
from .test_tools.training_helpers import REPO

NOTEBOOK = REPO / 'docs/matching.ipynb'


def code_cells() -> list[dict]:
    cells = json.loads(NOTEBOOK.read_text(encoding='utf-8'))['cells']
    return [cell for cell in cells if cell['cell_type'] == 'code']


@pytest.fixture
def repository(tmp_path: Path, monkeypatch) -> Path:
    """A folder that has the configs and nothing else, as the current one."""
    (tmp_path / 'configs').symlink_to(REPO / 'configs')
    (tmp_path / 'docs').mkdir()
    monkeypatch.chdir(tmp_path / 'docs')
    return tmp_path


def test_every_cell_runs(repository: Path) -> None:
    cfg = Config.fromfile(REPO / 'configs/selfsup/demo_r18.py')
    work_dir = repository / 'work_dirs/demo'
    work_dir.mkdir(parents=True)
    save_checkpoint(work_dir / 'epoch_5.pth', cfg)
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_5.pth'))
    names, figures = {}, 0
    for cell in code_cells():
        lines = ''.join(cell['source']).splitlines()
        exec(compile('\n'.join(lines), str(NOTEBOOK), 'exec'), names)
        if lines[-1].startswith('show('):  # what the notebook displays
            figures += isinstance(eval(lines[-1], names), Figure)
    assert figures == 2


def test_without_the_demo_it_says_what_to_do(repository: Path) -> None:
    with pytest.raises(FileNotFoundError, match='run `make demo` first'):
        exec(''.join(code_cells()[0]['source']), {})


def test_outputs_are_stored_and_small() -> None:
    outputs = [output for cell in code_cells() for output in cell['outputs']]
    assert not any(output['output_type'] == 'error' for output in outputs)
    pictures = [o for o in outputs if 'image/png' in o.get('data', {})]
    assert len(pictures) == 2
    assert NOTEBOOK.stat().st_size < 400_000
    # In order, from a fresh start.
    counts = [cell['execution_count'] for cell in code_cells()]
    assert counts == list(range(1, len(counts) + 1))
