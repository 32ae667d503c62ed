"""tools/slurm_train.sh with a replacement of SLURM's srun."""

import pytest

from .training_helpers import (
    DIGESTS,
    REPO,
    assert_ranks_agree,
    environment,
    free_port,
    run,
    write_tiny_config,
)

TOOL = REPO / 'tools/slurm_train.sh'

# Logs its options and starts the command like SLURM: once for each task, with the
# task's global and local number in the environment.
SRUN = """#!/usr/bin/env bash
while [[ $1 == -* ]]; do
    echo "$1" >>"$SRUN_LOG"
    case $1 in
        -p) echo "$2" >>"$SRUN_LOG"; shift ;;
        --ntasks=*) tasks=${1#*=} ;;
        --ntasks-per-node=*) per_node=${1#*=} ;;
    esac
    shift
done
export SLURM_NTASKS=$tasks SLURM_NODELIST='node[7-8]'
pids=()
for ((task = 0; task < tasks; task++)); do
    SLURM_PROCID=$task SLURM_LOCALID=$((task % per_node)) "$@" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || exit $?; done
"""
# Only its first line, the machine of rank 0, is used.
SCONTROL = """#!/usr/bin/env bash
[[ $* == 'show hostnames node[7-8]' ]] && printf '127.0.0.1\\nnode8\\n'
"""


# Instead of Python: logs its arguments and exits like a training stopped by SIGTERM.
STOPPED = '#!/usr/bin/env bash\necho "$*" >>"$ARGS_LOG"\nexit 75\n'


@pytest.fixture
def slurm(tmp_path):
    """The environment of a machine with srun and scontrol."""
    programs = tmp_path / 'bin'
    programs.mkdir()
    for name, script in (('srun', SRUN), ('scontrol', SCONTROL)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    path = f'{programs}:{environment()["PATH"]}'
    log = str(tmp_path / 'srun.log')
    return dict(PATH=path, SRUN_LOG=log, MASTER_PORT=str(free_port()))


@pytest.mark.parametrize('machines', [pytest.param(1, marks=pytest.mark.slow), 2])
def test_tasks_train_together(machines, slurm, tmp_path):
    config = write_tiny_config(tmp_path, DIGESTS)

    done = run(
        TOOL, 'my_partition', 'my job', config, '--work-dir', 'out put',
        cwd=tmp_path, GPUS='2', GPUS_PER_NODE=str(2 // machines), CPUS_PER_TASK='3',
        SRUN_ARGS='--time=1 --mem=2G', **slurm,
    )  # fmt: skip

    assert_ranks_agree(tmp_path / 'out put', ranks=2, steps=2)
    assert 'Finished. The last checkpoint: out put/epoch_2.pth' in done.stdout
    assert (tmp_path / 'srun.log').read_text().splitlines() == [
        '-p',
        'my_partition',
        '--job-name=my job',
        f'--gres=gpu:{2 // machines}',
        '--ntasks=2',
        f'--ntasks-per-node={2 // machines}',
        '--cpus-per-task=3',
        '--kill-on-bad-exit=1',
        '--time=1',
        '--mem=2G',
    ]


@pytest.mark.parametrize(
    'state, restarts, requeued',
    [('RUNNING', 0, 1), ('RUNNING', 2, 1), ('CANCELLED', 0, 0)],
)
def test_stopped_job_is_requeued_and_resumes(
    state, restarts, requeued, slurm, tmp_path
):
    """It is not requeued if it was cancelled. It resumes on its next start."""
    programs = tmp_path / 'bin'
    log = tmp_path / 'requeued'
    scripts = dict(
        stopped=STOPPED,
        squeue=f'#!/usr/bin/env bash\n[[ $* == *"-j 77 "* ]] && echo {state}\n',
        scontrol=f'#!/usr/bin/env bash\necho "$*" >>{log}\n',
    )
    for name, script in scripts.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)

    run(
        TOOL, 'p', 'j', 'c.py', '--amp', cwd=tmp_path, expect=75, GPUS='1',
        PYTHON=str(programs / 'stopped'), ARGS_LOG=str(tmp_path / 'args'),
        SLURM_JOB_ID='77', SLURM_RESTART_COUNT=str(restarts), **slurm,
    )  # fmt: skip

    calls = log.read_text().splitlines() if log.exists() else []
    assert calls == ['requeue 77'] * requeued
    given = (tmp_path / 'args').read_text()
    assert '--amp' in given and ('--resume' in given) == (restarts > 0)


@pytest.mark.parametrize('toolbox', ['mmdetection', 'mmsegmentation'])
@pytest.mark.parametrize(('name', 'option'), [('train', []), ('test', ['--test'])])
def test_the_links_start_finetuning(toolbox, name, option, slurm, tmp_path):
    python = tmp_path / 'python'
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    tool = REPO / 'tools/benchmarks' / toolbox / f'slurm_{name}.sh'

    done = run(
        f'./{tool.name}', 'p', 'j', 'c.py', 'a b.pth', '--amp',
        cwd=tool.parent, PYTHON=str(python), GPUS='1', **slurm,
    )  # fmt: skip

    assert done.stdout.splitlines() == [
        *('-u', str(REPO / 'tools/benchmarks/finetune.py'), *option),
        *('c.py', 'a b.pth', '--amp', '--launcher', 'slurm'),
    ]
    usage = run(tool, 'p', 'j', 'c.py', cwd=tmp_path, expect=2).stderr
    assert 'PARTITION JOB_NAME CONFIG CHECKPOINT' in usage


def test_a_wrong_number_of_gpus_is_an_error(slurm, tmp_path):
    done = run(TOOL, 'p', 'j', 'c.py', cwd=tmp_path, expect=2, GPUS='many', **slurm)

    assert 'GPUS' in done.stderr and "'many'" in done.stderr
    assert done.stderr.count('\n') == 1


def test_usage_when_arguments_are_missing(tmp_path):
    done = run(TOOL, 'p', 'j', cwd=tmp_path, expect=2)

    assert 'PARTITION JOB_NAME CONFIG' in done.stderr
