"""The configs train with the commands of the hosts."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from setsim_mm.hosts.choice import host_name

from ..forked_python import forked_python
from .training_helpers import (
    assert_resumed_like,
    assert_same,
    checkpoint_of,
    run,
    start_from,
)

# MMPretrain's program pins memory unless it is told that there is no GPU.
WITHOUT_GPU = {'mmpretrain': ['--no-pin-memory']}


def test_the_hosts_trainer_resumes_a_run_of_ours(finished_run, tmp_path):
    host = import_module(host_name())
    tool = Path(host.__file__).parent / '.mim/tools/train.py'
    work_dir = start_from(tmp_path / 'out', finished_run.work_dir, epoch=1)

    done = run(
        forked_python(), tool, finished_run.config, '--work-dir', work_dir, '--resume',
        *WITHOUT_GPU.get(host_name(), []), cwd=tmp_path,
    )  # fmt: skip

    assert 'resumed epoch: 1, iter: 2' in done.stdout
    assert 'Warning' not in done.stdout + done.stderr
    assert_resumed_like(
        checkpoint_of(finished_run.work_dir, 2), checkpoint_of(work_dir, 2)
    )


def test_mim_trains_like_our_program(finished_run, tmp_path):
    pytest.importorskip('mim', reason='openmim is not installed')

    done = run(
        sys.executable, '-c', 'from mim.cli import cli; cli()',
        'train', host_name(), './tiny.py', '--launcher', 'none', '--gpus', '0',
        '--work-dir', tmp_path / 'out', '--cfg-options', 'train_cfg.max_epochs=1',
        cwd=finished_run.folder,
    )  # fmt: skip

    assert 'Training finished successfully.' in done.stdout
    expected = checkpoint_of(finished_run.work_dir, 1)['state_dict']
    assert_same(checkpoint_of(tmp_path / 'out', 1)['state_dict'], expected)
