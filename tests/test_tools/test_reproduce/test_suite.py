"""The trials of a checkpoint, and the folders that they may use."""

import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import read_record
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.finetuning_record import finetuning_record
from setsim_mm.transfer.tiny import make_tiny
from setsim_mm.utils import UserError
from studies.runner import Runner
from studies.suite import suite_trials
from studies.tasks import TASKS, tasks_named
from tests.test_tools.training_helpers import REPO
from tests.test_transfer.repositories import write_checkpoint, write_repository

VOC = {f'voc07/AP{which}': 0.5 for which in ('', '50', '75')}
VOC['coco_style/bbox_mAP'] = 0.25


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
        '--name',
        'out',
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
        tasks, [0], checkpoint, folder, repository, data_root='/toys'
    )
    assert toys.config.train_dataloader.data_root == '/toys/VOCdevkit'
    assert toys.record.experiment != here.record.experiment


def test_random_weights_are_a_row_too(repository, tmp_path):
    (trial,) = suite_trials(
        tasks_named(['coco']), [3], 'random', tmp_path / 'random', repository
    )
    assert trial.command[3] == 'random'
    assert trial.record.inputs == dict(checkpoint='random')
    assert trial.record.checkpoint == 'random'


def test_record_has_the_values_as_they_were_logged(repository, checkpoint, tmp_path):
    trials = suite_trials(
        tasks_named(['voc_det']), [0], checkpoint, tmp_path / 'out', repository
    )
    assert Runner().run(trials) == []
    metrics = read_record(trials[0].work_dir).metrics
    assert metrics == dict(VOC, loss=1.0)
    assert {metric.of(metrics) for metric in trials[0].metrics} == {50.0, 25.0}


def test_another_checkpoint_is_refused_in_the_same_row(
    repository, checkpoint, tmp_path
):
    folder = tmp_path / 'out'
    Runner().run(
        suite_trials(tasks_named(['voc_det']), [0], checkpoint, folder, repository)
    )
    other = write_checkpoint(tmp_path / 'other.pth', coco=VOC)
    with pytest.raises(UserError) as error:
        suite_trials(tasks_named(['coco']), [0], other, folder, repository)
    assert str(folder / 'voc_det' / 'seed_0') in str(error.value)
    moved = shutil.copy(checkpoint, tmp_path / 'moved.pth')
    assert suite_trials(tasks_named(['coco']), [0], moved, folder, repository)


@pytest.mark.parametrize('task', TASKS, ids=lambda task: task.name)
def test_finetune_writes_the_same_record_as_the_suite(task, tmp_path):
    """Otherwise it would refuse to resume in the folder of a trial."""
    shrink = partial(make_tiny, iterations=2, image_scale=0.1)
    folder = tmp_path / 'mine'
    (trial,) = suite_trials(
        [task], [3], 'random', folder, REPO, data_root='toy', change=shrink
    )
    trial.prepare()
    config = str(trial.config_file)
    cfg = load_finetuning_config(config, {'randomness.seed': 3})
    cfg.work_dir = str(trial.work_dir)
    assert finetuning_record(cfg, 'random', 'mine') == trial.record
    assert read_record(trial.work_dir) == trial.record
