"""tools/train.py in processes of its own."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from setsim_mm.runs import find_runs, read_record
from setsim_mm.utils.interrupts import REQUEUE

from ..forked_python import forked_python
from .training_helpers import (
    REPO,
    assert_resumed_like,
    checkpoint_of,
    environment,
    run_python,
    start_from,
    write_tiny_config,
)


def test_the_last_checkpoint_is_printed(finished_run):
    last_line = finished_run.output.splitlines()[-1]

    assert last_line == 'Finished. The last checkpoint: work_dirs/tiny/epoch_2.pth'
    assert (finished_run.work_dir / 'epoch_2.pth').is_file()


def test_losses_matching_and_the_remaining_time_are_logged(finished_run):
    steps = [line for line in finished_run.output.splitlines() if '(train)' in line]

    assert len(steps) == 4
    for name in ('eta', 'loss_image', 'loss_set', 'positives_per_query'):
        assert all(f' {name}: ' in line for line in steps)


def test_run_has_a_record_of_what_decides_it_and_what_came_out(finished_run):
    record = read_record(finished_run.work_dir)
    assert (record.name, record.seed, record.checkpoint) == ('tiny', 0, None)
    assert record.settings['model']['queue_len'] == 10
    assert record.inputs == {}
    losses = [record.metrics[name] for name in ('loss_image', 'loss_set', 'loss')]
    assert losses[2] == pytest.approx(losses[0] + losses[1], abs=1e-3)
    assert find_runs(finished_run.folder) == [record]
    written = json.loads((finished_run.work_dir / 'run.json').read_text())
    assert written['provenance']['data']['samples'] == 8


def test_no_warning_is_printed(finished_run):
    assert 'Warning' not in finished_run.errors + finished_run.output
    assert finished_run.errors == ''


def test_resumed_run_ends_like_the_uninterrupted_one(finished_run, tmp_path):
    work_dir = start_from(tmp_path / 'resumed', finished_run.work_dir, epoch=1)

    done = run_python(
        'tools/train.py', finished_run.config, '--work-dir', work_dir, '--resume',
        cwd=tmp_path,
    )  # fmt: skip

    assert f'{work_dir}/epoch_1.pth' in done.stdout
    assert '[1][' not in done.stdout  # the first epoch is not trained again
    assert_resumed_like(
        checkpoint_of(finished_run.work_dir, 2), checkpoint_of(work_dir, 2)
    )
    before, after = map(read_record, (finished_run.work_dir, work_dir))
    assert after.experiment == before.experiment
    assert after.metrics['loss'] == before.metrics['loss']


def test_mixed_precision_scaled_rate_and_nothing_to_resume(tmp_path):
    config = write_tiny_config(tmp_path)

    done = run_python(
        'tools/train.py', config, '--resume', '--amp', '--auto-scale-lr',
        '--work-dir', 'a b', '--cfg-options', 'train_cfg.max_epochs=1',
        cwd=tmp_path,
    )  # fmt: skip

    assert 'no checkpoint in a b' in done.stdout
    assert done.stdout.splitlines()[-1].endswith('a b/epoch_1.pth')
    options = dict(amp=True, auto_scale_lr=True)
    assert read_record(tmp_path / 'a b').inputs == options
    saved = checkpoint_of(tmp_path / 'a b', 1)
    assert saved['optimizer']['param_groups'][0]['initial_lr'] == 0.03 * 4 / 256
    assert all(
        value.isfinite().all() and value.dtype != torch.bfloat16
        for value in saved['state_dict'].values()
    )
    config = (tmp_path / 'a b/tiny.py').read_text()
    assert "type='mmselfsup.CPUAmpOptimWrapper'" in config


def test_a_terminated_run_names_its_checkpoint_and_the_option(tmp_path):
    config = write_tiny_config(tmp_path, 'train_cfg = dict(max_epochs=1000)\n')
    work_dir = tmp_path / 'out'
    command = [
        forked_python(), REPO / 'tools/train.py', config, '--work-dir', work_dir
    ]  # fmt: skip

    with subprocess.Popen(
        list(map(str, command)),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not (work_dir / 'epoch_2.pth').exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == REQUEUE
    last = (work_dir / 'last_checkpoint').read_text()
    assert '--resume' in errors and last in errors
    assert len(errors.strip().splitlines()) == 1
    assert Path(last).is_file()
