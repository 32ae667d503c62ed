"""Distributed training without a GPU, which mmengine does not start."""

import os
import subprocess
from datetime import timedelta

import torch.distributed as dist
from mmengine.config import Config
from mmengine.device import get_device

from .errors import UserError

# Environment variables of each launcher: rank, number of processes, local rank.
LAUNCHER_VARIABLES = {
    'pytorch': ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'),
    'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID'),
    'mpi': (
        'OMPI_COMM_WORLD_RANK',
        'OMPI_COMM_WORLD_SIZE',
        'OMPI_COMM_WORLD_LOCAL_RANK',
    ),
}


def join_processes_without_gpu(cfg: Config) -> None:
    """Create gloo's process group for training on CPUs.

    mmengine would select a GPU in each process, but uses a process group that exists.
    The function does nothing if there is a GPU or no launcher.

    Args:
        cfg (Config): A training config with ``launcher``. Its ``model_wrapper_cfg`` is
            set so that DistributedDataParallel needs no GPU. Its ``sync_bn`` is
            removed with a message, because SyncBN works on GPUs only.

    Raises:
        UserError: If the launcher's variables are not in the environment.
    """
    if cfg.launcher == 'none' or get_device() != 'cpu':
        return
    adopt_launcher_variables(cfg.launcher)
    options = {}
    timeout = cfg.get('env_cfg', {}).get('dist_cfg', {}).get('timeout')
    if timeout is not None:
        options['timeout'] = timedelta(seconds=timeout)
    dist.init_process_group('gloo', **options)
    # The other arguments are mmengine's defaults.
    wrapper = dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    wrapper.update(cfg.get('model_wrapper_cfg') or {}, device_ids=None)
    cfg.model_wrapper_cfg = wrapper
    if cfg.pop('sync_bn', None) and dist.get_rank() == 0:
        print(
            'There is no GPU, and SyncBN works on GPUs only: each process normalises '
            'over its own images.'
        )


def rank_and_processes(launcher: str) -> tuple[int, int]:
    """Return the rank and the number of processes before a process group exists."""
    if launcher == 'none':
        return 0, 1
    rank, processes, _ = LAUNCHER_VARIABLES[launcher]
    return int(os.environ.get(rank, 0)), int(os.environ.get(processes, 1))


def adopt_launcher_variables(launcher: str) -> None:
    """Set PyTorch's environment variables from those of the launcher.

    Raises:
        UserError: If the launcher's variables are not in the environment.
    """
    for ours, theirs in zip(
        LAUNCHER_VARIABLES['pytorch'], LAUNCHER_VARIABLES[launcher], strict=True
    ):
        if theirs not in os.environ:
            raise UserError(
                f'--launcher {launcher} needs the environment variable {theirs}, '
                'which the launcher sets: start through tools/dist_train.sh or '
                'tools/slurm_train.sh, or leave --launcher out.'
            )
        os.environ[ours] = os.environ[theirs]
    os.environ.setdefault('MASTER_PORT', '29500')
    if 'MASTER_ADDR' not in os.environ:
        os.environ['MASTER_ADDR'] = _first_slurm_host()


def _first_slurm_host() -> str:
    nodes = os.environ.get('SLURM_NODELIST')
    if nodes is None:
        return '127.0.0.1'
    hosts = subprocess.run(
        ['scontrol', 'show', 'hostnames', nodes],
        capture_output=True,
        text=True,
        check=True,
    )
    return hosts.stdout.split()[0]
