import os

import pytest
from mmengine.config import Config

from setsim_mm.utils import UserError
from setsim_mm.utils.distributed import (
    adopt_launcher_variables,
    join_processes_without_gpu,
)


def test_one_process_is_left_unchanged():
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
def test_launcher_variables_are_copied_to_pytorchs(launcher, variables, monkeypatch):
    pytorchs = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT')
    for name in (*pytorchs, 'SLURM_NODELIST'):
        monkeypatch.setenv(name, 'x')  # restored after the test
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    adopt_launcher_variables(launcher)

    found = [os.environ[name] for name in pytorchs]
    assert found == ['3', '4', '1', '127.0.0.1', '29500']


def test_missing_launcher(monkeypatch):
    monkeypatch.delenv('SLURM_PROCID', raising=False)

    with pytest.raises(UserError, match=r'--launcher slurm.*SLURM_PROCID'):
        adopt_launcher_variables('slurm')
