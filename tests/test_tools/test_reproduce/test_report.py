"""report.py on a single fine-tuning, as a user runs both."""

from pathlib import Path

import pandas as pd
import pytest

from setsim_mm.runs.run_record import RunRecord, read_record
from tests.test_tools.training_helpers import run_python
from tests.test_transfer.tiny_configs import FCN, TINY_FCN
from tests.test_transfer.tiny_voc import write_tiny_voc

FINETUNE, REPORT = 'tools/benchmarks/finetune.py', 'tools/reproduce/report.py'


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """A folder with a fine-tuning of two iterations in ``runs/of mine``."""
    folder = tmp_path_factory.mktemp('a single run')
    write_tiny_voc(folder / 'data')
    (folder / FCN.name).write_text(TINY_FCN)
    run_python(
        FINETUNE, FCN.name, 'random', '--name', 'my weights',
        '--work-dir', 'runs/of mine', '--cfg-options', 'randomness.seed=5',
        cwd=folder, new_interpreter=True,
    )  # fmt: skip
    pretraining = RunRecord(folder / 'runs' / 'pretrained', 'tiny', 0, {})
    pretraining.work_dir.mkdir()
    pretraining.write()  # in no table
    return folder


def test_finetuning_leaves_a_record_with_its_metrics(folder):
    record = read_record(folder / 'runs' / 'of mine')
    assert (record.name, record.seed) == (FCN.stem, 5)
    assert (record.checkpoint, record.inputs) == (
        'my weights',
        dict(checkpoint='random'),
    )
    assert 0 <= record.metrics['mIoU'] <= 100


def test_single_finetuning_is_in_the_table(folder, in_this_process):
    status, output, errors = in_this_process(
        REPORT, 'runs', '--out', 'tables', cwd=folder
    )
    assert (status, errors) == (0, '')
    assert len(output.splitlines()) == 1
    table = pd.read_csv(folder / 'tables' / 'table5.csv').set_index('source')
    record = read_record(folder / 'runs' / 'of mine')
    assert table.loc['ours', 'method'] == 'my weights'
    assert table.loc['ours', 'mIoU_voc'] == pytest.approx(record.metrics['mIoU'])
    assert table.loc['ours', 'mIoU_voc_trials'] == 1
