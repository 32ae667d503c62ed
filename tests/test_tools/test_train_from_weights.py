"""tools/train.py --from-weights: the loaded weights, and errors."""

import hashlib
import json
import re
from functools import partial

import pytest
import torch
from torchvision import models

from setsim_mm.runs import read_record

from ..foreign_checkpoints import distinct, moco
from .training_helpers import checkpoint_of, run_python, write_tiny_config

# The checkpoint then has the weights before the first step.
FIXED = 'optim_wrapper.optimizer.lr=0'


@pytest.fixture(scope='session')
def resnet18() -> dict[str, torch.Tensor]:
    """Weights of torchvision's ResNet-18 without the classifier."""
    state = models.resnet18().state_dict()
    return distinct({k: v for k, v in state.items() if not k.startswith('fc.')})


@pytest.fixture
def train_in_this_process(in_this_process):
    return partial(in_this_process, 'tools/train.py')


def test_both_encoders_have_the_weights_and_the_record_names_the_file(
    resnet18, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path, 'train_cfg = dict(max_epochs=1)\n')
    torch.save(moco(resnet18), tmp_path / 'moco.pth.tar')
    command = [config, '--resume', '--from-weights', 'moco.pth.tar']

    # The script of a job has --resume from the first start.
    done = run_python('tools/train.py', *command, '--cfg-options', FIXED, cwd=tmp_path)

    work_dir = tmp_path / 'work_dirs/tiny'
    weights = checkpoint_of(work_dir, 1)['state_dict']
    parameters = [name for name, _ in models.resnet18().named_parameters()]
    assert len(parameters[:-2]) == 60
    for name in parameters[:-2]:  # without the classifier
        for side in ('backbone', 'momentum_encoder.backbone'):
            assert torch.equal(weights[f'{side}.{name}'], resnet18[name]), name
    assert re.search(rf'\b{len(resnet18)} tensors.* encoder_q\.\*', done.stdout)
    assert 'encoder_q.fc (4)' in done.stdout
    assert done.stderr == ''
    source = dict(
        file='moco.pth.tar',
        sha256=hashlib.sha256((tmp_path / 'moco.pth.tar').read_bytes()).hexdigest(),
    )
    written = json.loads((work_dir / 'run.json').read_text())
    record = written['provenance']['started_from']
    assert record.items() >= source.items()
    assert written['inputs'] == dict(from_weights=source['sha256'])

    # The requeued command resumes without the file, and the record is unchanged.
    (tmp_path / 'moco.pth.tar').unlink()
    status, output, errors = train_in_this_process(
        *command, '--cfg-options', FIXED, 'train_cfg.max_epochs=2'
    )
    assert (status, errors) == (0, '')
    assert 'The run resumes' in output and 'Starting from' not in output
    assert 'started_from' not in output  # no warning of a difference
    saved = checkpoint_of(work_dir, 2)
    assert saved['meta']['provenance']['started_from'] == record
    assert read_record(work_dir).inputs == written['inputs']


def test_other_weights_are_an_error_before_data_and_folder(
    train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path)
    torch.save(models.resnet34().state_dict(), tmp_path / 'resnet34.pth')

    status, output, errors = train_in_this_process(
        config, '--from-weights', 'resnet34.pth',
        '--cfg-options', 'train_dataloader.dataset.data_root=nowhere',
    )  # fmt: skip

    assert status == 1 and len(errors.splitlines()) == 1
    assert 'ResNet-34' in errors and 'ResNet-18' in errors
    assert output == ''
    assert not (tmp_path / 'work_dirs').exists()


@pytest.mark.parametrize(
    ('arguments', 'fact'),
    [
        (['--from-weights', 'nothing.pth'], "'nothing.pth'"),
        (['--from-weights', 'tiny.py'], "'tiny.py' is damaged"),
        (
            ['--from-weights', 'tiny.py', '--cfg-options', 'load_from=a.pth'],
            "load_from='a.pth'",
        ),
        (['--from-weights', 'nothing.pth', '--profile', '1'], "'nothing.pth'"),
    ],
)
def test_a_bad_command_is_an_error_of_one_line(
    arguments, fact, train_in_this_process, tmp_path
):
    write_tiny_config(tmp_path)

    status, _, errors = train_in_this_process('tiny.py', *arguments)

    assert status == 1
    assert fact in errors and len(errors.splitlines()) == 1
