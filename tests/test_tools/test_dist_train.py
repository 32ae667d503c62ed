"""tools/dist_train.sh: real process groups of two, on one and on two machines."""

import re
import socket
import subprocess
import sys

import pytest

from .training_helpers import (
    DIGESTS,
    REPO,
    assert_ranks_agree,
    checkpoint_of,
    environment,
    free_port,
    run,
    write_images,
    write_tiny_config,
)

TOOL = REPO / 'tools/dist_train.sh'


def test_two_processes_have_equal_models_after_every_step(tmp_path):
    folder = tmp_path / 'a blank'
    folder.mkdir()
    config = write_tiny_config(folder, DIGESTS)

    done = run(
        TOOL, config, 2, '--work-dir', 'out put',
        '--cfg-options', 'train_dataloader.batch_size=2',
        cwd=folder, PORT=str(free_port()), PYTHON=sys.executable,
    )  # fmt: skip

    assert_ranks_agree(folder / 'out put', ranks=2, steps=4)
    last_line = 'Finished. The last checkpoint: out put/epoch_2.pth'
    assert done.stdout.count(last_line) == 1
    assert 'Warning' not in done.stdout + done.stderr
    assert done.stderr == ''


SIMSIAM = """
_base_ = '{repo}/configs/selfsup/setsim_simsiam_r50_200e_in1k.py'

model = dict(
    backbone=dict(depth=18),
    neck=dict(in_channels=512, hid_channels=32, out_channels=16),
    head=dict(in_channels=16, hid_channels=8),
)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    dataset=dict(data_root={images!r}, data_prefix=dict(img_path=''), ann_file=''),
)
train_cfg = dict(max_epochs=2)
default_hooks = dict(checkpoint=dict(interval=1))
"""


def test_setsim_on_simsiam_in_two_processes_without_gpu(tmp_path):
    """SyncBN is left out with a message, and the predictors' rate is constant."""
    images = write_images(tmp_path / 'images')
    config = tmp_path / 'simsiam.py'
    config.write_text(SIMSIAM.format(repo=REPO, images=str(images)))

    done = run(
        TOOL, config, 2, '--work-dir', 'out', cwd=tmp_path, PORT=str(free_port())
    )  # fmt: skip

    assert len(re.findall('SyncBN .*GPU', done.stdout)) == 1
    checkpoint = checkpoint_of(tmp_path / 'out', 2)
    groups = checkpoint['optimizer']['param_groups']
    rates = {bool(group.get('fix_lr')): group['lr'] for group in groups}
    # After each epoch the schedule changes all rates, and the hook restores some.
    assert rates[True] > rates[False] and rates[True] == pytest.approx(0.1, rel=1e-3)
    weights = checkpoint['state_dict']
    assert any(name.startswith('head.set_predictor') for name in weights)
    assert all(value.isfinite().all() for value in weights.values())


@pytest.mark.slow
def test_two_machines_have_equal_models_after_every_step(tmp_path):
    config = write_tiny_config(tmp_path, DIGESTS)
    command = [TOOL, config, 1, '--work-dir', tmp_path / 'out']
    network = dict(NNODES='2', MASTER_ADDR='127.0.0.1', PORT=str(free_port()))

    machines = [
        subprocess.Popen(
            list(map(str, command)),
            cwd=tmp_path,
            env=environment(NODE_RANK=str(rank), **network),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        outputs = [machine.communicate(timeout=300)[0] for machine in machines]
    finally:
        for machine in machines:
            machine.kill()

    assert [machine.returncode for machine in machines] == [0, 0], outputs
    assert_ranks_agree(tmp_path / 'out', ranks=2, steps=2)


@pytest.mark.slow
def test_an_error_has_no_traceback_of_torchrun(tmp_path):
    done = run(
        TOOL, 'nothing.py', 2, cwd=tmp_path, expect=1, PORT=str(free_port())
    )  # fmt: skip

    assert 'Error: ' in done.stderr and 'nothing.py' in done.stderr
    assert 'Traceback' not in done.stderr


def test_a_port_in_use_is_an_error_of_one_line(tmp_path):
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        port = str(other.getsockname()[1])

        done = run(TOOL, 'tiny.py', 2, cwd=tmp_path, expect=1, PORT=port)

    assert done.stderr.startswith('Error: ')
    assert port in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize('gpus', ['0', 'two', '-1', '1.5', ''])
def test_a_wrong_number_of_processes_is_an_error(gpus, tmp_path):
    done = run(TOOL, 'config.py', gpus, cwd=tmp_path, expect=2)

    assert re.match(f"Error: GPUS .*at least 1, not '{gpus}'.* CONFIG", done.stderr)
    assert len(done.stderr.splitlines()) == 1


def test_usage_when_arguments_are_missing(tmp_path):
    done = run(TOOL, 'config.py', cwd=tmp_path, expect=2)

    assert 'CONFIG GPUS' in done.stderr


@pytest.mark.parametrize('toolbox', ['mmdetection', 'mmsegmentation'])
@pytest.mark.parametrize(('name', 'option'), [('train', []), ('test', ['--test'])])
def test_the_links_start_finetuning(toolbox, name, option, tmp_path):
    """From any folder; tests/test_transfer/test_finetuning.py trains with one."""
    python = tmp_path / 'python'
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    tool = REPO / 'tools/benchmarks' / toolbox / f'dist_{name}.sh'

    done = run(
        f'./{tool.name}', 'c.py', 'a b.pth', 2, '--amp',
        cwd=tool.parent, PYTHON=str(python),
    )  # fmt: skip

    arguments = done.stdout.splitlines()
    assert '--nproc_per_node=2' in arguments
    start = arguments.index(str(REPO / 'tools/benchmarks/finetune.py'))
    assert arguments[start + 1 :] == [
        *('c.py', 'a b.pth', *option, '--amp', '--launcher', 'pytorch')
    ]
    usage = run(tool, 'c.py', 'a.pth', cwd=tmp_path, expect=2).stderr
    assert 'CONFIG CHECKPOINT GPUS' in usage
