"""The trials of a checkpoint: every task that is asked for, over seeds."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from setsim_mm.transfer.weights import RANDOM
from setsim_mm.utils import UserError, load_checkpoint, load_training_config
from setsim_mm.utils.file_digest import file_sha256

from .machine import launch_of
from .rows import require_one_checkpoint
from .tasks import Task
from .trials import Trial

# What mmengine calls every run's checkpoints.
OF_A_RUN = re.compile(r'(epoch|iter)_\d+|best_.*')


def suite_trials(
    tasks: Sequence[Task],
    seeds: Sequence[int],
    checkpoint: str | os.PathLike,
    folder: Path,
    repository: Path,
    options: Mapping | None = None,
    merge: str | None = None,
    data_root: str | os.PathLike | None = None,
    gpus: int = 1,
    change: Callable[[Config], None] | None = None,
) -> list[Trial]:
    """Make the trials of a checkpoint, one for each task and seed.

    Args:
        tasks (Sequence[Task]): From :data:`~studies.tasks.TASKS`.
        seeds (Sequence[int]): Seeds of each.
        checkpoint (str | os.PathLike): What every run starts from; ``'random'`` for
            random weights.
        folder (Path): Where the runs of this checkpoint are.
        repository (Path): Holds ``configs/`` and ``tools/``.
        options (Mapping, optional): Overrides of single values. Defaults to None.
        merge (str, optional): A config file laid over each. Defaults to None.
        data_root (str | os.PathLike, optional): What the configs call ``data/``.
            Defaults to None, which is that.
        gpus (int): GPUs of each run; 0 for none. Defaults to 1.
        change (Callable, optional): What else is done to each config, such as
            :func:`~setsim_mm.transfer.miniature.make_miniature`. Defaults to None.

    Returns:
        list[Trial]: Seed by seed, so that there is a whole row early; nothing is
        written or started.

    Raises:
        UserError: If the checkpoint or a config cannot be had, or if the folder holds
            runs of another checkpoint.
    """
    inputs, data = dict(checkpoint=fingerprint(checkpoint)), ()
    require_one_checkpoint(folder, inputs['checkpoint'])
    if data_root is not None:
        data = ('--data-root', Path(data_root).expanduser())
        inputs['data_root'] = str(data_root)
    configs = {
        task.name: load_training_config(
            str(repository / 'configs' / 'benchmarks' / task.toolbox / task.config),
            dict(options or {}),
            merge,
        )
        for task in tasks
    }
    if change is not None:
        for config in configs.values():
            change(config)
    tools = repository / 'tools' / 'benchmarks'
    return [
        Trial(
            name=task.name,
            seed=seed,
            folder=folder,
            config=configs[task.name],
            launch=launch_of(
                tools / 'finetune.py',
                tools / task.toolbox / 'dist_train.sh',
                gpus,
                [os.path.expanduser(checkpoint)],
                data,
            ),
            processes=max(1, gpus),
            metrics=tuple(task.columns.values()),
            inputs=inputs,
        )
        for seed in dict.fromkeys(seeds)
        for task in tasks
    ]


def fingerprint(checkpoint: str | os.PathLike) -> str:
    """Name what a checkpoint holds, wherever the file lies.

    Args:
        checkpoint (str | os.PathLike): A file, or ``'random'``.

    Returns:
        str: 16 digits that no other file has, or ``'random'``.

    Raises:
        UserError: If the file is not there, or is no checkpoint.
    """
    if str(checkpoint) == RANDOM:
        return RANDOM
    load_checkpoint(checkpoint)  # to refuse what is none
    return file_sha256(checkpoint)[:16]


def name_of(checkpoint: str | os.PathLike) -> str:
    """Name a checkpoint as people tell it from others.

    Args:
        checkpoint (str | os.PathLike): A file, which need not be there; or
            ``'random'``.

    Returns:
        str: The file's name, behind the folder's where every run has such a file.

    Examples:
        >>> name_of('work_dirs/simsiam/epoch_200.pth')
        'simsiam_epoch_200'
        >>> name_of('weights/densecl_r50.pth.tar')
        'densecl_r50'
    """
    path = Path(checkpoint).expanduser().absolute()
    name = re.sub(r'\.(pth|pt|tar|pkl|pth\.tar)$', '', path.name)
    return f'{path.parent.name}_{name}' if OF_A_RUN.fullmatch(name) else name


def require_name(name: str) -> str:
    """Refuse a name that no folder and no row can have.

    Args:
        name (str): Of a checkpoint.

    Returns:
        str: The name.

    Raises:
        UserError: If it is empty or a path.
    """
    if name.strip('.') == '' or Path(name).name != name:
        raise UserError(
            f'a checkpoint cannot be called {name!r}, for its runs get a folder of '
            'this name: give a name without a slash to --name.'
        )
    return name
