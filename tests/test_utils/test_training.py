import os
from argparse import ArgumentParser

import pytest
import torch
from mmengine.config import Config

from setsim_mm.utils import ConfigOptions, UserError, load_training_config
from setsim_mm.utils.distributed import (
    adopt_launcher_variables,
    join_processes_without_gpu,
)
from setsim_mm.utils.mixed_precision import CPUAmpOptimWrapper, use_mixed_precision

COMPLETE = """
model = dict(type='A')
train_dataloader = dict(batch_size=1)
train_cfg = dict(max_epochs=1)
optim_wrapper = dict(type='OptimWrapper')
"""


def write(path, text):
    path.write_text(text)
    return str(path)


def parse(*values):
    parser = ArgumentParser()
    parser.add_argument('--options', nargs='+', action=ConfigOptions)
    return parser.parse_args(['--options', *values]).options


def test_output_folder_is_named_after_the_config(tmp_path):
    cfg = load_training_config(write(tmp_path / 'my run.py', COMPLETE))

    assert cfg.work_dir == 'work_dirs/my run'
    assert cfg.launcher == 'none'


def test_output_folder_of_the_config_is_kept(tmp_path):
    path = write(tmp_path / 'a.py', COMPLETE + "work_dir = 'here'\n")

    assert load_training_config(path).work_dir == 'here'


def test_options_override(tmp_path):
    path = write(tmp_path / 'a.py', COMPLETE)

    assert load_training_config(path, {'model.type': 'B'}).model.type == 'B'


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('model = dict(', r"the config '.*a\.py' cannot be read \('\(' was never"),
        ("_base_ = 'nothing.py'", r'cannot be read .*nothing\.py'),
        (
            "custom_imports = dict(imports=['not_there'])",
            r"imports what cannot be imported \(No module named 'not_there'\)",
        ),
        ("model = dict(type='A')", 'it has no `train_dataloader`'),
    ],
)
def test_config_that_cannot_be_used(tmp_path, text, sentence):
    with pytest.raises(UserError, match=sentence):
        load_training_config(write(tmp_path / 'a.py', text))


def test_blanks_in_values_are_kept():
    assert parse('a.b=/my photographs/', 'c=1', 'd=[1, x]', 'e=(1,2)', 'f=x,y') == {
        'a.b': '/my photographs/',
        'c': 1,
        'd': [1, 'x'],
        'e': (1, 2),
        'f': ['x', 'y'],
    }


def test_one_process_stays_as_it_is():
    cfg = Config(dict(launcher='none'))

    join_processes_without_gpu(cfg)

    assert 'model_wrapper_cfg' not in cfg


@pytest.mark.parametrize(
    ('launcher', 'variables'),
    [
        ('slurm', dict(SLURM_PROCID='3', SLURM_NTASKS='4', SLURM_LOCALID='1')),
        (
            'mpi',
            dict(
                OMPI_COMM_WORLD_RANK='3',
                OMPI_COMM_WORLD_SIZE='4',
                OMPI_COMM_WORLD_LOCAL_RANK='1',
            ),
        ),
    ],
)
def test_launchers_variables_become_pytorchs(launcher, variables, monkeypatch):
    pytorchs = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT')
    for name in (*pytorchs, 'SLURM_NODELIST'):
        monkeypatch.setenv(name, 'x')  # so that the test's own are put back
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    adopt_launcher_variables(launcher)

    found = [os.environ[name] for name in pytorchs]
    assert found == ['3', '4', '1', '127.0.0.1', '29500']


def test_launcher_that_was_not_there(monkeypatch):
    monkeypatch.delenv('SLURM_PROCID', raising=False)

    with pytest.raises(UserError, match=r'--launcher slurm needs .* SLURM_PROCID'):
        adopt_launcher_variables('slurm')


def training_config(**optim_wrapper):
    return Config(dict(optim_wrapper=dict(type='OptimWrapper', **optim_wrapper)))


@pytest.mark.skipif(torch.cuda.is_available(), reason='is about machines without a GPU')
def test_mixed_precision_without_a_gpu_is_bfloat16():
    cfg = training_config(dtype='bfloat16', loss_scale=512.0)
    use_mixed_precision(cfg)
    assert cfg.optim_wrapper == dict(type='mmselfsup.CPUAmpOptimWrapper')

    with pytest.raises(UserError, match='bfloat16 and not float16'):
        use_mixed_precision(training_config(dtype='float16'))


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_mixed_precision_on_a_gpu_takes_either_type(dtype, monkeypatch):
    monkeypatch.setattr('setsim_mm.utils.mixed_precision.get_device', lambda: 'cuda')
    cfg = training_config(dtype=dtype)

    use_mixed_precision(cfg)

    assert cfg.optim_wrapper == dict(
        type='AmpOptimWrapper', loss_scale='dynamic', dtype=dtype
    )


def test_cpu_wrapper_steps_in_bfloat16():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    before = model.weight.detach().clone()
    wrapper = CPUAmpOptimWrapper(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))

    with wrapper.optim_context(model):
        output = model(torch.rand(4, 3))
    wrapper.update_params(output.float().square().sum())

    assert output.dtype == torch.bfloat16
    assert model.weight.dtype == torch.float32
    assert not torch.equal(model.weight, before)
