"""The trials of a checkpoint: every task that is asked for, over seeds."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from setsim_mm.experiments import Trial, launch_of
from setsim_mm.utils import UserError, load_checkpoint, load_training_config

from .rows import require_one_checkpoint
from .tasks import Task

# What mmengine calls every run's checkpoints.
OF_A_RUN = re.compile(r'(epoch|iter)_\d+|best_.*')


def suite_trials(
    tasks: Sequence[Task],
    seeds: Sequence[int],
    checkpoint: Path,
    folder: Path,
    repository: Path,
    options: Mapping | None = None,
    merge: str | None = None,
    gpus: int = 1,
) -> list[Trial]:
    """Make the trials of a checkpoint, one for each task and seed.

    Args:
        tasks (Sequence[Task]): From :data:`~setsim_mm.transfer.tasks.TASKS`.
        seeds (Sequence[int]): Seeds of each.
        checkpoint (Path): What every run starts from.
        folder (Path): Where the runs of this checkpoint are.
        repository (Path): Holds ``configs/`` and ``tools/``.
        options (Mapping, optional): Overrides of single values. Defaults to None.
        merge (str, optional): A config file laid over each. Defaults to None.
        gpus (int): GPUs of each run; 0 for none. Defaults to 1.

    Returns:
        list[Trial]: Seed by seed, so that there is a whole row early; nothing is
        written or started.

    Raises:
        UserError: If the checkpoint or a config cannot be had, or if the folder holds
            runs of another checkpoint.
    """
    load_checkpoint(checkpoint)  # to refuse what is none
    inputs = dict(checkpoint=fingerprint(checkpoint))
    require_one_checkpoint(folder, inputs['checkpoint'])
    configs = {
        task.name: load_training_config(
            str(repository / 'configs' / 'benchmarks' / task.toolbox / task.config),
            dict(options or {}),
            merge,
        )
        for task in tasks
    }
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
                checkpoint.expanduser(),
            ),
            processes=max(1, gpus),
            metrics=tuple(task.metrics.values()),
            inputs=inputs,
        )
        for seed in dict.fromkeys(seeds)
        for task in tasks
    ]


def fingerprint(path: Path) -> str:
    """Name the content of a file by 16 digits, wherever the file lies."""
    digest = hashlib.sha256()
    with open(path.expanduser(), 'rb') as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()[:16]


def name_of(checkpoint: Path) -> str:
    """Name a checkpoint as people tell it from others.

    Args:
        checkpoint (Path): A file; it need not be there.

    Returns:
        str: The file's name, behind the folder's where every run has such a file.

    Examples:
        >>> name_of(Path('work_dirs/simsiam/epoch_200.pth'))
        'simsiam_epoch_200'
        >>> name_of(Path('weights/densecl_r50.pth.tar'))
        'densecl_r50'
    """
    path = checkpoint.expanduser().absolute()
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
