"""ablate.py and its Slurm array, on tiny versions of the paper's own configs."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from setsim_mm.runs.run_record import find_runs, read_record
from tests.forked_python import forked_python
from tests.test_tools.training_helpers import (
    REPO,
    environment,
    run,
    run_python,
    write_images,
)

TOOL = 'tools/reproduce/ablate.py'
RUN = 'setsim_r50_200e_in100'


def arguments(images: Path, *more: object) -> list[object]:
    """One row of Table 2, small enough for a test."""
    return [
        'table2', '--only', 'Set2Set-NN', '--gpus', 0, *more,
        '--merge', REPO / 'configs/selfsup/_base_/scales/miniature_r18.py',
        '--cfg-options', f'train_dataloader.dataset.data_root={images}',
        'train_dataloader.dataset.pipeline.1.transforms.0.0.size=64',
        'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0',
        'train_cfg.max_epochs=4', 'model.queue_len=8',
    ]  # fmt: skip


class Family(NamedTuple):
    """A family that was interrupted once and went on by the same command."""

    folder: Path
    status: int
    errors: str
    second: subprocess.CompletedProcess


@pytest.fixture(scope='module')
def images(tmp_path_factory) -> Path:
    return write_images(tmp_path_factory.mktemp('some images') / 'folder', 2)


@pytest.fixture(scope='module')
def family(tmp_path_factory, images) -> Family:
    folder = tmp_path_factory.mktemp('a family')
    these = arguments(images, '--seeds', 0, 1, '--jobs', 2)
    with subprocess.Popen(
        list(map(str, [forked_python(), REPO / TOOL, *these])),
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not (trial_dir(folder, 0) / 'last_checkpoint').exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    status = process.returncode
    assert read_record(trial_dir(folder, 0)).metrics is None
    return Family(folder, status, errors, run_python(TOOL, *these, cwd=folder))


def trial_dir(folder: Path, seed: int) -> Path:
    return folder / 'work_dirs' / 'ablations' / RUN / f'seed_{seed}'


def test_interruption_prints_how_to_resume(family):
    assert family.status == 128 + signal.SIGTERM
    assert family.errors.strip() == (
        'Interrupted: run the same command again to resume.'
    )


def test_interrupted_runs_are_resumed(family):
    log = (trial_dir(family.folder, 0) / 'trial.log').read_text()
    assert 'Resuming from ' in log and 'Interrupted: ' in log
    assert log.count('Epoch(train) [1][1/1]') == 1
    lines = family.second.stdout.splitlines()
    assert lines[0] == 'table2: 2 runs, 0 done already'
    assert lines[1].startswith(f'{RUN}, seed 0 goes on at ')
    assert lines[-1] == (
        'Table: work_dirs/ablations/table2.md and work_dirs/ablations/table2.csv; '
        'plot: work_dirs/ablations/table2.png'
    )
    assert len(lines) == 6 and family.second.stderr == ''


def test_seeds_are_tabulated_and_drawn(family):
    records = [read_record(trial_dir(family.folder, seed)) for seed in (0, 1)]
    one, other = (r.metrics['correspondence_precision'] for r in records)
    assert records[0].experiment == records[1].experiment
    assert find_runs(family.folder) == records  # one of each run
    out = family.folder / 'work_dirs/ablations'
    lines = (out / 'table2.md').read_text().splitlines()
    (row,) = [line for line in lines if line.startswith('| Set2Set-NN')]
    assert f'{(one + other) / 2:.4f} ± {abs(one - other) / 2**0.5:.4f}' in row
    assert '56.1' in row
    with Image.open(out / 'table2.png') as picture:
        assert len(picture.convert('L').getcolors(256)) > 10
    for seed in (0, 1):
        config = (trial_dir(family.folder, seed) / f'{RUN}.py').read_text()
        assert f'seed={seed}' in config and 'depth=18' in config


def test_finished_runs_are_skipped(family, images, in_this_process):
    log = trial_dir(family.folder, 0) / 'trial.log'
    before = log.stat().st_mtime_ns
    these = arguments(images, '--out', 'the docs')
    status, output, _ = in_this_process(TOOL, *these, cwd=family.folder)
    assert status == 0
    assert output.splitlines()[0] == 'table2: 1 runs, 1 done already'
    assert log.stat().st_mtime_ns == before
    # The table has all seeds that there are.
    assert '| 2 ' in (family.folder / 'the docs' / 'table2.md').read_text()


def test_another_scale_is_refused_and_nothing_overwritten(
    family, images, in_this_process
):
    before = sorted(path.stat().st_mtime_ns for path in family.folder.rglob('*'))
    these = [*arguments(images), 'model.queue_len=16']
    status, output, errors = in_this_process(TOOL, *these, cwd=family.folder)
    assert (status, output) == (1, '')
    assert 'model.queue_len is 8 there and 16 here' in errors
    assert len(errors.splitlines()) == 1
    after = sorted(path.stat().st_mtime_ns for path in family.folder.rglob('*'))
    assert after == before


@pytest.mark.usefixtures('forked_programs')
def test_failing_run_is_named_with_its_log_after_the_table(
    images, in_this_process, monkeypatch
):
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    these = [*arguments(images), 'model.queue_len=1']
    status, output, errors = in_this_process(TOOL, *these)
    assert status == 1 and output.splitlines()[-1].startswith('Table: ')
    assert errors.startswith('Error: 1 of the runs have no result')
    assert 'the queue holds 1 keys, but a step brings 2' in errors
    assert f'log: work_dirs/ablations/{RUN}/seed_0/trial.log' in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ('options', 'sentence'),
    [
        (['table8'], "there is no family 'table8': choose one of table1, table2"),
        (['table2', '--only', 'Best'], "table2 has no row 'Best'"),
        (['table1', '--matcher-alone'], 'makes no sense for table1'),
        (
            ['table2', '--only', 'Set2Set-NN', '--merge', 'no.py'],
            "there is no config 'no.py'",
        ),
        (
            ['table2', '--only', 'Set2Set-NN', '--trial', '1'],
            'there is no trial 1: choose one of 0 to 0.',
        ),
    ],
)
def test_bad_command_is_refused_in_one_sentence(
    options, sentence, in_this_process, tmp_path
):
    status, output, errors = in_this_process(TOOL, *options)
    assert (status, output) == (1, '')
    assert errors.startswith('Error: ') and sentence in errors
    assert len(errors.splitlines()) == 1
    assert not list(tmp_path.iterdir())


# Writes down its options and answers with the job's number.
SBATCH = """#!/usr/bin/env bash
printf '%s\\n' "$@" ---- >>"$SBATCH_LOG"
echo '417;cluster'
"""


def test_slurm_runs_an_array_and_then_the_table(family, images, tmp_path):
    program = tmp_path / 'bin' / 'sbatch'
    program.parent.mkdir()
    program.write_text(SBATCH)
    program.chmod(0o755)
    log = tmp_path / 'sbatch.log'
    environ = dict(
        PATH=f'{program.parent}:{environment()["PATH"]}',
        SBATCH_LOG=str(log),
        GPUS='1',
        AT_ONCE='2',
        SBATCH_ARGS='--time=1 --mem=2G',
    )

    done = run(
        REPO / 'tools/reproduce/slurm_ablate.sh', 'my_partition', 'my job',
        *arguments(images, '--seeds', 0, 1, 2),
        cwd=family.folder, **environ,
    )  # fmt: skip

    assert done.stdout.strip() == (
        'Submitted 3 runs as job 417; the table follows when they have ended.'
    )
    array, table = (job.splitlines() for job in log.read_text().split('----\n')[:2])
    assert array[:-1] == [
        '--parsable',
        '-p',
        'my_partition',
        '--job-name=my job',
        '--array=0-2%2',
        '--gres=gpu:1',
        '--ntasks=1',
        '--cpus-per-task=5',
        '--time=1',
        '--mem=2G',
    ]
    assert '--dependency=afterany:417' in table and '--job-name=my job-table' in table

    wraps = [job[-1].removeprefix('--wrap=') for job in (array, table)]
    task = dict(SLURM_JOB_ID='4242', SLURM_ARRAY_TASK_ID='1')
    done = run('sh', '-c', wraps[0], cwd=family.folder, PYTHON=sys.executable, **task)
    assert done.stdout == 'table2: 1 runs, 1 done already\n'
    done = run('sh', '-c', wraps[1], cwd=family.folder)
    assert done.stdout.startswith('Table: ') and len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ('variables', 'sentence'),
    [
        (dict(GPUS='0'), "GPUS must be a number of at least 1, not '0'."),
        (dict(AT_ONCE='all'), "AT_ONCE must be a number of at least 1, not 'all'."),
    ],
)
def test_slurm_numbers_that_are_none_are_refused(variables, sentence, tmp_path):
    done = run(
        REPO / 'tools/reproduce/slurm_ablate.sh', 'p', 'j', 'table2',
        cwd=tmp_path, expect=2, **variables,
    )  # fmt: skip
    assert done.stderr == f'Error: {sentence}\n'
