"""Fine-tunings are found by their records and sorted into rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import RunRecord
from setsim_mm.utils import UserError
from studies.finetunings import find_finetunings, require_one_checkpoint
from studies.tasks import TASKS
from studies.transfer_report import transfer_report
from tests.test_runs.test_earlier_records import write_earlier

VOC = {f'voc07/AP{which}': 0.5 for which in ('', '50', '75')}
VOC['coco_style/bbox_mAP'] = 0.25
STEM = 'faster-rcnn_r50-c4_24k_voc0712'


@pytest.fixture
def add(tmp_path) -> Callable[..., RunRecord]:
    """Write the record of a fine-tuning."""

    def write(
        place: str, name: str = 'voc_det', checkpoint: str = 'mine', **changes
    ) -> RunRecord:
        work_dir = tmp_path / place
        work_dir.mkdir(parents=True)
        inputs = dict(checkpoint=changes.pop('digest', checkpoint))
        fields = dict(seed=0, settings={}, metrics=VOC) | changes
        record = RunRecord(
            work_dir, name, inputs=inputs, checkpoint=checkpoint, **fields
        )
        record.write()
        return record

    return write


def test_rows_are_the_names_of_the_checkpoints(add, tmp_path):
    for task in TASKS:
        add(f'all/second/{task.name}/seed_0', task.name, 'second')
    add('all/a deep/folder/of any name', 'coco', 'first')
    add('all/pretraining', 'setsim_r50_200e_in100', None)
    add('alone', 'ade20k', 'alone')
    folders = [tmp_path / 'alone', tmp_path / 'all', tmp_path / 'all' / 'second']
    rows = find_finetunings(folders)
    assert list(rows) == ['alone', 'first', 'second']
    assert len(rows['second']) == len(TASKS)  # each once


def test_runs_of_the_suite_and_of_finetune_share_a_row(add, tmp_path):
    add('suite/mine/voc_det/seed_1', seed=1)
    add('single', STEM, seed=0)
    add('unfinished', STEM, seed=2, metrics=None)
    (runs,) = find_finetunings([tmp_path]).values()
    assert [(run.name, run.seed) for run in runs] == [('voc_det', 0), ('voc_det', 1)]


def test_checkpoint_without_a_finished_run_has_an_empty_row(add, tmp_path):
    add('unfinished', metrics=None)
    assert find_finetunings([tmp_path]) == dict(mine=[])


def test_config_of_no_table_is_named(add, tmp_path, capsys):
    record = add('own', 'my_config')
    assert find_finetunings([tmp_path]) == {}
    (line,) = capsys.readouterr().out.splitlines()
    assert str(record.work_dir) in line and 'my_config' in line


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        find_finetunings([folder])
    return str(error.value)


def test_folder_without_runs_is_refused(add, tmp_path):
    add('only/pretraining', 'setsim_r50_200e_in100', None)
    for folder in (tmp_path / 'nowhere', tmp_path / 'only'):
        assert str(folder) in refused(folder)


def test_two_checkpoints_in_a_row_are_refused(add, tmp_path):
    runs = [add('a', 'voc_det', digest='x'), add('b', 'coco', digest='y')]
    assert all(str(run.work_dir) in refused(tmp_path) for run in runs)
    unfinished = add('c', digest='z', metrics=None)
    require_one_checkpoint([unfinished], 'x')  # it has got nowhere


def test_two_settings_in_a_cell_are_refused(add, tmp_path):
    add('a', settings=dict(lr=0.02), seed=0)
    add('b', settings=dict(lr=0.01), seed=1)
    assert 'lr is 0.02' in refused(tmp_path)


def test_the_same_seed_twice_is_refused(add, tmp_path):
    runs = [add('suite/mine/voc_det/seed_0'), add('single', STEM)]
    assert all(str(run.work_dir) in refused(tmp_path) for run in runs)


def cells_of(table: Path) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in table.read_text().splitlines()
    ]


def test_runs_of_earlier_versions_are_tabulated(tmp_path):
    write_earlier(tmp_path / 'old' / 'voc_det' / 'seed_1', dict(checkpoint='a'))
    table4, *_ = transfer_report([tmp_path / 'old'], tmp_path / 'out')
    assert ['old', 'ours', '50.0 (1)', '', '', ''] in cells_of(table4)


def test_runs_without_the_metrics_of_a_table_are_named(add, tmp_path, capsys):
    """Runs of an earlier version have pycocotools' AP under another name."""
    old = add('old', checkpoint='old', metrics={'voc/bbox_mAP': 0.5})
    add('new', checkpoint='new')
    table4, *_ = transfer_report([tmp_path], tmp_path / 'out')
    (line,) = capsys.readouterr().out.splitlines()
    assert str(old.work_dir) in line
    assert all(name in line for name in VOC if name.startswith('voc07'))
    assert ['old', 'ours', '', '', '', ''] in cells_of(table4)
    assert ['new', 'ours', '50.0 (1)', '50.0 (1)', '50.0 (1)', '25.0 (1)'] in cells_of(
        table4
    )
