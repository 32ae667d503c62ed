"""The suite and its report as a user runs them; only the fine-tuning is a stand-in."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from tests.test_tools.training_helpers import run
from tests.test_transfer.repositories import write_checkpoint, write_repository

SUITE, REPORT = 'tools/reproduce/run_suite.py', 'tools/reproduce/report.py'


class Suite(NamedTuple):
    """A suite of which a task failed."""

    repository: Path
    folder: Path
    arguments: list[object]
    done: subprocess.CompletedProcess

    @property
    def tool(self) -> Path:
        return self.repository / SUITE


@pytest.fixture(scope='module')
def suite(tmp_path_factory) -> Suite:
    repository = write_repository(tmp_path_factory.mktemp('a repository'))
    folder = tmp_path_factory.mktemp('a folder')
    checkpoint = write_checkpoint(
        folder / 'my run' / 'epoch_9.pth',
        voc_seg=dict(mIoU=60.0),
        coco={'coco/bbox_mAP': 0.25, 'coco/segm_mAP': 0.125},
        ade20k=None,
    )
    arguments = [
        '--checkpoint', checkpoint, '--tasks', 'ade20k,voc_seg, coco',
        '--trials', 2, '--jobs', 2, '--gpus', 0,
    ]  # fmt: skip
    command = sys.executable, repository / SUITE, *arguments
    done = run(*command, cwd=folder, expect=1)
    return Suite(repository, folder, arguments, done)


def trial_of(suite: Suite, task: str, seed: int) -> Path:
    return suite.folder / 'work_dirs/transfer/my run_epoch_9' / task / f'seed_{seed}'


def test_a_failing_task_is_named_at_the_end_and_stops_no_other(suite):
    assert suite.done.stderr.startswith('Error: 2 of the runs have no result: ade20k')
    assert 'there is no data set: unpack it (log: ' in suite.done.stderr
    assert len(suite.done.stderr.splitlines()) == 1
    lines = suite.done.stdout.splitlines()
    assert lines[0] == 'my run_epoch_9: 6 runs, 0 done already'
    assert len([line for line in lines if ' finished in ' in line]) == 4
    assert any('voc_seg, seed 1 finished' in x and 'mIoU 61.0' in x for x in lines)
    assert any('coco, seed 0 finished' in x and 'box AP 25.0' in x for x in lines)
    assert lines[-1].startswith('Tables, as .md, .csv and .png: work_dirs/transfer/')


def test_what_is_done_is_skipped_and_the_rest_goes_on(suite, in_this_process):
    status, output, errors = in_this_process(
        suite.tool, *suite.arguments, cwd=suite.folder
    )
    assert status == 1 and errors.startswith('Error: 2 of the runs have no result')
    lines = output.splitlines()
    assert lines[0] == 'my run_epoch_9: 6 runs, 4 done already'
    assert not any('coco' in line or 'voc_seg' in line for line in lines)
    assert trial_of(suite, 'coco', 0).joinpath('trial.log').read_text() == 'Starting.\n'
    log = trial_of(suite, 'ade20k', 0).joinpath('trial.log').read_text()
    assert log.count('Starting.') == log.count('Resuming.') == 1


def test_tables_stand_beside_the_runs(suite):
    folder = suite.folder / 'work_dirs/transfer'
    table5 = (folder / 'table5.md').read_text().splitlines()
    (row,) = [line for line in table5 if 'my run' in line]
    cells = [cell.strip() for cell in row.split('|')[1:-1]]
    assert cells == ['my run_epoch_9', 'ours', '', '60.5 ± 0.7 (2)', '']
    table6 = (folder / 'table6.md').read_text()
    assert '| my run_epoch_9 | ours     | 75.0 ± 70.7 (2) ' in table6
    for number in (4, 5, 6, 7):
        with Image.open(folder / f'table{number}.png') as picture:
            assert len(picture.convert('RGB').getcolors(2**20)) > 10
        assert (folder / f'table{number}.csv').is_file()


def test_the_report_tabulates_several_work_dirs(suite, in_this_process):
    status, _, errors = in_this_process(
        suite.tool, '--checkpoint', 'my run/epoch_9.pth', '--name', 'twin',
        '--tasks', 'voc_seg', '--trials', 1, '--work-dir', 'elsewhere', '--gpus', 0,
        cwd=suite.folder,
    )  # fmt: skip
    assert (status, errors) == (0, '')
    status, output, errors = in_this_process(
        REPORT, 'work_dirs/transfer', 'elsewhere', '--out', 'tables', cwd=suite.folder
    )
    assert (status, errors) == (0, '')
    assert output == (
        'Tables, as .md, .csv and .png: tables/table4.md, tables/table5.md, '
        'tables/table6.md, tables/table7.md\n'
    )
    table = (suite.folder / 'tables/table5.md').read_text()
    assert '60.5 ± 0.7 (2)' in table and '60.0 (1)' in table and '| twin ' in table


def test_another_configs_run_is_refused_and_nothing_overwritten(suite, in_this_process):
    before = sorted(path.stat().st_mtime_ns for path in suite.folder.rglob('*'))
    changed = [*suite.arguments, '--cfg-options', 'optim_wrapper.lr=0.1']
    status, output, errors = in_this_process(suite.tool, *changed, cwd=suite.folder)
    assert (status, output) == (1, '') and len(errors.splitlines()) == 1
    assert 'optim_wrapper.lr is 0.02 there and 0.1 here' in errors
    after = sorted(path.stat().st_mtime_ns for path in suite.folder.rglob('*'))
    assert after == before


@pytest.mark.parametrize(
    ('tool', 'options', 'sentence'),
    [
        (
            SUITE,
            ['--checkpoint', 'weights.pth', '--tasks', 'voc_det,keypoints'],
            "there is no task 'keypoints': choose from voc_det, coco, coco_kp, "
            'cityscapes_ins, voc_seg, cityscapes_seg, ade20k.',
        ),
        (
            SUITE,
            ['--checkpoint', 'weights.pth', '--tasks', 'coco'],
            "there is no checkpoint 'weights.pth'",
        ),
        (
            SUITE,
            ['--checkpoint', 'weights.pth', '--name', 'a/b'],
            "a checkpoint cannot be called 'a/b'",
        ),
        (REPORT, ['nowhere'], "there are no runs of the benchmarks in 'nowhere'"),
    ],
)
def test_bad_commands_are_refused_in_one_sentence(
    tool, options, sentence, in_this_process, tmp_path
):
    status, output, errors = in_this_process(tool, *options)
    assert (status, output) == (1, '')
    assert errors.startswith('Error: ') and sentence in errors
    assert len(errors.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('option', ['--trials', '--jobs'])
def test_numbers_of_nothing_are_refused(option, in_this_process):
    status, _, errors = in_this_process(SUITE, '--checkpoint', 'x', option, 0)
    assert status == 2 and f'{option} must be at least 1' in errors
