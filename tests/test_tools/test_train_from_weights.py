"""tools/train.py --from-weights: from the file to the model, and what is refused."""

import hashlib
import json
from functools import partial

import pytest
import torch
from torchvision import models

from ..foreign_checkpoints import distinct, moco
from .training_helpers import checkpoint_of, run_python, write_tiny_config

# Nothing moves, so that the checkpoint shows what the first step had.
FIXED = 'optim_wrapper.optimizer.lr=0'


@pytest.fixture(scope='session')
def resnet18() -> dict[str, torch.Tensor]:
    """A ResNet-18 by torchvision's names, without the classifier."""
    state = models.resnet18().state_dict()
    return distinct({k: v for k, v in state.items() if not k.startswith('fc.')})


@pytest.fixture
def train_in_this_process(in_this_process):
    return partial(in_this_process, 'tools/train.py')


def test_both_encoders_have_the_weights_and_the_record_names_them(
    resnet18, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path, 'train_cfg = dict(max_epochs=1)\n')
    torch.save(moco(resnet18), tmp_path / 'moco.pth.tar')
    command = [config, '--resume', '--from-weights', 'moco.pth.tar']

    # As a job's script would have it from the first start on.
    done = run_python('tools/train.py', *command, '--cfg-options', FIXED, cwd=tmp_path)

    work_dir = tmp_path / 'work_dirs/tiny'
    weights = checkpoint_of(work_dir, 1)['state_dict']
    parameters = [name for name, _ in models.resnet18().named_parameters()]
    assert len(parameters[:-2]) == 60
    for name in parameters[:-2]:  # without the classifier
        for side in ('backbone', 'momentum_encoder.backbone'):
            assert torch.equal(weights[f'{side}.{name}'], resnet18[name]), name
    assert f"backbone's {len(resnet18)} tensors, named encoder_q.*" in done.stdout
    assert 'encoder_q.fc (4)' in done.stdout
    assert done.stderr == ''
    source = dict(
        file='moco.pth.tar',
        sha256=hashlib.sha256((tmp_path / 'moco.pth.tar').read_bytes()).hexdigest(),
    )
    record = json.loads((work_dir / 'provenance.json').read_text())['started_from']
    assert record.items() >= source.items()

    # Requeued: the same command goes on, without the file, and the record stays.
    (tmp_path / 'moco.pth.tar').unlink()
    status, output, errors = train_in_this_process(
        *command, '--cfg-options', FIXED, 'train_cfg.max_epochs=2'
    )
    assert (status, errors) == (0, '')
    assert 'The run resumes' in output and 'Starting from' not in output
    assert 'started_from' not in output  # is no difference to warn of
    saved = checkpoint_of(work_dir, 2)
    assert saved['meta']['provenance']['started_from'] == record


def test_a_misfit_is_refused_before_data_and_folder(train_in_this_process, tmp_path):
    config = write_tiny_config(tmp_path)
    torch.save(models.resnet34().state_dict(), tmp_path / 'resnet34.pth')

    status, output, errors = train_in_this_process(
        config, '--from-weights', 'resnet34.pth',
        '--cfg-options', 'train_dataloader.dataset.data_root=nowhere',
    )  # fmt: skip

    assert status == 1 and len(errors.splitlines()) == 1
    assert 'a ResNet-34 and not a ResNet-18' in errors
    assert output == ''
    assert not (tmp_path / 'work_dirs').exists()


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--from-weights', 'nothing.pth'], "there is no checkpoint 'nothing.pth'"),
        (['--from-weights', 'tiny.py'], "'tiny.py' is damaged, or not a checkpoint"),
        (
            ['--from-weights', 'tiny.py', '--cfg-options', 'load_from=a.pth'],
            "the config starts from load_from='a.pth'",
        ),
        (['--from-weights', 'nothing.pth', '--profile', '1'], 'there is no checkpoint'),
    ],
)
def test_bad_command_is_refused_in_one_sentence(
    arguments, sentence, train_in_this_process, tmp_path
):
    write_tiny_config(tmp_path)

    status, _, errors = train_in_this_process('tiny.py', *arguments)

    assert status == 1
    assert sentence in errors and len(errors.splitlines()) == 1
