"""Starting runs on this machine, and sharing it out among them."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch


def launch_of(
    tool: Path,
    launcher: Path,
    gpus: int,
    arguments: Sequence[object] = (),
    options: Sequence[object] = (),
) -> tuple[str, ...]:
    """Give the command of a run, as :class:`~studies.trials.Trial` takes it.

    Args:
        tool (Path): What trains on one GPU, or on none. It takes a config.
        launcher (Path): What trains on several. It takes their number last.
        gpus (int): How many GPUs, of which each gets a process.
        arguments (Sequence[object]): What both take after the config.
        options (Sequence[object]): And further options.

    Returns:
        tuple[str, ...]: It resumes by itself.
    """
    if gpus > 1:
        start = (launcher, 'CONFIG', *arguments, gpus)
    else:
        start = (sys.executable, tool, 'CONFIG', *arguments)
    own = ('--work-dir', 'WORK_DIR', '--resume', *options, '--cfg-options', 'SEED')
    return tuple(str(part) for part in start + own)


def share_of_machine(slot: int, jobs: int, gpus: int) -> dict[str, str]:
    """Share GPUs, cores and ports out among runs that train at the same time.

    Args:
        slot (int): Which of them, from 0.
        jobs (int): How many there are.
        gpus (int): GPUs of each. Where there are fewer than all need, they share.

    Returns:
        dict[str, str]: Environment variables.
    """
    variables = dict(PYTHON=sys.executable)
    if gpus == 0:
        variables['CUDA_VISIBLE_DEVICES'] = ''
    elif jobs > 1:
        devices = visible_gpus()
        if devices:
            mine = [devices[(slot * gpus + i) % len(devices)] for i in range(gpus)]
            variables['CUDA_VISIBLE_DEVICES'] = ','.join(mine)
        variables['PORT'] = str(int(os.environ.get('PORT', 29500)) + slot)
    if jobs > 1 and 'OMP_NUM_THREADS' not in os.environ:
        threads = max(1, (os.cpu_count() or 1) // (jobs * max(1, gpus)))
        variables['OMP_NUM_THREADS'] = variables['MKL_NUM_THREADS'] = str(threads)
    return variables


def visible_gpus() -> list[str]:
    """Name the GPUs that this process may use, as CUDA_VISIBLE_DEVICES does."""
    listed = os.environ.get('CUDA_VISIBLE_DEVICES')
    if listed is not None:
        return [name for name in listed.split(',') if name]
    return [str(n) for n in range(torch.cuda.device_count())]
