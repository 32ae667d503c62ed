"""The trials of a checkpoint, and whose folder is whose."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from setsim_mm.utils import UserError
from studies.rows import find_rows, require_one_checkpoint
from studies.runner import Runner
from studies.suite import name_of, require_name, suite_trials
from studies.tasks import TASKS, tasks_named
from studies.transfer_report import transfer_report
from tests.test_transfer.repositories import write_checkpoint, write_repository

VOC = {f'voc07/AP{which}': 0.5 for which in ('', '50', '75')}
VOC['coco_style/bbox_mAP'] = 0.25
STEM = 'faster-rcnn_r50-c4_24k_voc0712'


@pytest.fixture(scope='module')
def repository(tmp_path_factory) -> Path:
    return write_repository(tmp_path_factory.mktemp('a repository'))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / 'run' / 'epoch_2.pth', voc_det=VOC)


def test_trials_come_seed_by_seed(repository, checkpoint, tmp_path):
    tasks = tasks_named(['coco', 'voc_seg'])
    trials = suite_trials(tasks, range(2), checkpoint, tmp_path / 'out', repository)
    assert [(trial.name, trial.seed) for trial in trials] == [
        ('coco', 0),
        ('voc_seg', 0),
        ('coco', 1),
        ('voc_seg', 1),
    ]
    work_dir = tmp_path / 'out' / 'coco' / 'seed_1'
    assert trials[2].command == [
        sys.executable,
        str(repository / 'tools/benchmarks/finetune.py'),
        str(work_dir / 'coco.py'),
        str(checkpoint),
        '--work-dir',
        str(work_dir),
        '--resume',
        '--cfg-options',
        'randomness.seed=1',
    ]
    assert not (tmp_path / 'out').exists()


def test_several_gpus_start_the_toolboxs_script(repository, checkpoint, tmp_path):
    (trial,) = suite_trials(
        tasks_named(['voc_seg']), [0], checkpoint, tmp_path / 'out', repository, gpus=4
    )
    assert trial.processes == 4
    assert trial.command[:4] == [
        str(repository / 'tools/benchmarks/mmsegmentation/dist_train.sh'),
        str(trial.config_file),
        str(checkpoint),
        '4',
    ]


def test_data_elsewhere_are_another_experiment(repository, checkpoint, tmp_path):
    tasks, folder = tasks_named(['voc_det']), tmp_path / 'out'
    (here,) = suite_trials(tasks, [0], checkpoint, folder, repository)
    (toys,) = suite_trials(
        tasks, [0], checkpoint, folder, repository, data_root='/toys', gpus=2
    )
    assert toys.command[3:8] == [
        '2',
        '--work-dir',
        str(toys.work_dir),
        '--resume',
        '--data-root',
    ]
    assert toys.settings['data_root'] == '/toys' and 'data_root' not in here.settings


def test_random_weights_are_a_row_too(repository, tmp_path):
    assert name_of('random') == 'random'
    (trial,) = suite_trials(
        tasks_named(['coco']), [3], 'random', tmp_path / 'random', repository
    )
    assert trial.command[3] == 'random'
    assert trial.settings['checkpoint'] == 'random'


def test_fractions_become_percent(repository, checkpoint, tmp_path):
    trials = suite_trials(
        tasks_named(['voc_det']), [0], checkpoint, tmp_path / 'out', repository
    )
    assert Runner().run(trials) == []
    result = json.loads((trials[0].work_dir / 'result.json').read_text())
    assert result['metrics'] == {name: 100 * value for name, value in VOC.items()}


def test_another_checkpoint_is_refused_in_the_same_row(
    repository, checkpoint, tmp_path
):
    folder = tmp_path / 'out'
    Runner().run(
        suite_trials(tasks_named(['voc_det']), [0], checkpoint, folder, repository)
    )
    other = write_checkpoint(tmp_path / 'other.pth', coco=VOC)
    with pytest.raises(UserError, match='holds a run from another checkpoint than the'):
        suite_trials(tasks_named(['coco']), [0], other, folder, repository)
    moved = shutil.copy(checkpoint, tmp_path / 'moved.pth')
    assert suite_trials(tasks_named(['coco']), [0], moved, folder, repository)


def test_a_row_of_two_checkpoints_is_refused(repository, checkpoint, tmp_path):
    other = write_checkpoint(tmp_path / 'other.pth', voc_det=VOC, coco=None)
    for name, path in (('a', checkpoint), ('b', other)):
        Runner().run(
            suite_trials(
                tasks_named(['voc_det']), [0], path, tmp_path / name, repository
            )
        )
    require_one_checkpoint(tmp_path / 'a')
    shutil.copytree(
        tmp_path / 'b' / 'voc_det' / 'seed_0', tmp_path / 'a' / 'voc_det' / 'seed_1'
    )
    with pytest.raises(UserError, match=r"seed_1' holds a run from another checkpoint"):
        require_one_checkpoint(tmp_path / 'a')


def write_claims(folder: Path, *tasks: str) -> Path:
    for task in tasks:
        claim = folder / task / 'seed_0' / 'trial.json'
        claim.parent.mkdir(parents=True)
        claim.write_text('{}')
    return folder


def test_rows_are_found_in_folders_of_all_and_of_one(tmp_path):
    all_of_them, names = tmp_path / 'all', [task.name for task in TASKS]
    write_claims(all_of_them / 'second', *names)
    write_claims(all_of_them / 'first', 'coco')
    write_claims(all_of_them / 'no row', 'setsim_r50_200e_in100')  # an ablation's
    alone = write_claims(tmp_path / 'alone', 'ade20k')
    rows = find_rows([alone, all_of_them, all_of_them / 'first'])
    assert list(rows) == ['alone', 'first', 'second']
    assert rows['alone'] == alone


def test_folders_without_runs_or_of_one_name_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"there are no runs .* in '.*nowhere'"):
        find_rows([tmp_path / 'nowhere'])
    folders = [write_claims(tmp_path / name / 'row', 'coco') for name in 'ab']
    with pytest.raises(UserError, match='have the same name'):
        find_rows(folders)


def test_runs_of_an_earlier_version_are_named_and_their_cells_stay_empty(
    tmp_path, capsys
):
    """They hold pycocotools' AP under the table's old names."""
    for name, metrics in (('old', {'voc/bbox_mAP': 50.0}), ('new', VOC)):
        (folder,) = write_claims(tmp_path / name, 'voc_det').glob('voc_det/seed_0')
        (folder / 'trial.json').write_text('{"settings": {}}')
        result = dict(name='voc_det', seed=0, digest='same', metrics=metrics)
        (folder / 'result.json').write_text(json.dumps(result))

    table4, *_ = transfer_report([tmp_path / 'old', tmp_path / 'new'], tmp_path / 'out')

    (sentence,) = capsys.readouterr().out.splitlines()
    assert repr(str(tmp_path / 'old' / 'voc_det')) in sentence
    assert 'voc07/AP, voc07/AP50, voc07/AP75' in sentence and '--test' in sentence
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in table4.read_text().splitlines()
    ]
    assert ['old', 'ours', '', '', '', ''] in rows
    assert ['new', 'ours', '0.5 (1)', '0.5 (1)', '0.5 (1)', '0.2 (1)'] in rows


def test_a_checkpoint_is_named_by_its_run(tmp_path, monkeypatch):
    assert name_of(Path('runs/simsiam/iter_400.pth')) == 'simsiam_iter_400'
    assert name_of(Path('runs/backbone.pth')) == 'backbone'
    (tmp_path / 'my run').mkdir()
    monkeypatch.chdir(tmp_path / 'my run')
    assert name_of(Path('epoch_1.pth')) == 'my run_epoch_1'
    for bad in ('', '.', '..', 'a/b', '/a'):
        with pytest.raises(UserError, match='cannot be called'):
            require_name(bad)
