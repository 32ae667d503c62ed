"""Commands of runs, and the division of a machine among them."""

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
    """Return the command of a run for :class:`~studies.trials.Trial`.

    Args:
        tool (Path): The program for one GPU or none. Its first argument is a config.
        launcher (Path): The script for several GPUs. Its last argument is their
            number.
        gpus (int): The number of GPUs, with a process for each.
        arguments (Sequence[object]): Arguments after the config. Defaults to none.
        options (Sequence[object]): Further options. Defaults to none.

    Returns:
        tuple[str, ...]: The command, which resumes by itself.
    """
    if gpus > 1:
        start = (launcher, 'CONFIG', *arguments, gpus)
    else:
        start = (sys.executable, tool, 'CONFIG', *arguments)
    own = ('--work-dir', 'WORK_DIR', '--resume', *options, '--cfg-options', 'SEED')
    return tuple(str(part) for part in start + own)


def share_of_machine(slot: int, jobs: int, gpus: int) -> dict[str, str]:
    """Return the GPUs, cores and port of one of the runs that train at the same time.

    Args:
        slot (int): The index of the run, from 0.
        jobs (int): The number of runs.
        gpus (int): GPUs of each run. Runs share GPUs if there are too few.

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
    """Return the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    listed = os.environ.get('CUDA_VISIBLE_DEVICES')
    if listed is not None:
        return [name for name in listed.split(',') if name]
    return [str(n) for n in range(torch.cuda.device_count())]
