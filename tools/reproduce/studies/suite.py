"""The trials of a checkpoint: tasks over seeds."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from setsim_mm.runs.run_record import find_runs
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.finetuning_record import checkpoint_digest
from setsim_mm.transfer.weights import RANDOM
from setsim_mm.utils import load_checkpoint

from .finetunings import require_one_checkpoint
from .machine import launch_of
from .tasks import Task
from .trials import Trial


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
    """Return the trials of a checkpoint, one for each task and seed.

    Args:
        tasks (Sequence[Task]): From :data:`~studies.tasks.TASKS`.
        seeds (Sequence[int]): The seeds of each task.
        checkpoint (str | os.PathLike): The file that every run starts from, or
            ``'random'``.
        folder (Path): The folder of the runs of this checkpoint. Its name is that of
            the checkpoint in the tables.
        repository (Path): The folder of ``configs/`` and ``tools/``.
        options (Mapping, optional): Overrides of single values. Defaults to None.
        merge (str, optional): A config file that is merged into each config. Defaults
            to None.
        data_root (str | os.PathLike, optional): See
            :func:`~setsim_mm.transfer.data_root.set_data_root`. Defaults to None, what
            the configs say.
        gpus (int): GPUs of each run; 0 for none. Defaults to 1.
        change (Callable, optional): A further change of each config, such as
            :func:`~setsim_mm.transfer.tiny.make_tiny`. Defaults to None.

    Returns:
        list[Trial]: Seed by seed, so that the first row is complete early. Nothing is
        written or started.

    Raises:
        UserError: If the checkpoint or a config cannot be read, or if the folder holds
            runs of another checkpoint.
    """
    if str(checkpoint) != RANDOM:
        load_checkpoint(checkpoint)  # raises an error if it is not one
    digest = checkpoint_digest(checkpoint)
    require_one_checkpoint(find_runs(folder, '*/seed_*'), digest)
    configs = {
        task.name: load_finetuning_config(
            str(repository / 'configs' / 'benchmarks' / task.toolbox / task.config),
            dict(options or {}),
            data_root,
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
                ['--name', folder.name],
            ),
            processes=max(1, gpus),
            metrics=tuple(task.columns.values()),
            inputs=dict(checkpoint=digest),
            checkpoint=folder.name,
        )
        for seed in dict.fromkeys(seeds)
        for task in tasks
    ]
