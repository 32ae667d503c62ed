"""The record of a fine-tuning, and the name and digest of its checkpoint."""

import os
import re
from pathlib import Path

from mmengine.config import Config

from setsim_mm.runs.run_record import RunRecord, training_record
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.file_digest import file_sha256

from .weights import RANDOM

# The checkpoints of every run of mmengine have these names.
OF_A_RUN = re.compile(r'(epoch|iter)_\d+|best_.*')
DIGITS = 16  # of a digest


def finetuning_record(
    cfg: Config,
    checkpoint: str | os.PathLike,
    name: str | None = None,
    processes: int = 1,
    **options: bool,
) -> RunRecord:
    """Return the record of a fine-tuning that has not started.

    Args:
        cfg (Config): The config, before weights and checks are added to it.
        checkpoint (str | os.PathLike): The checkpoint file, or ``'random'``.
        name (str, optional): The name of the checkpoint in the tables. Defaults to
            None, :func:`checkpoint_name`.
        processes (int): The number of training processes. Defaults to 1.
        **options (bool): Options that change the result, such as ``amp``.

    Returns:
        RunRecord: Its name is that of the config file.

    Raises:
        UserError: If the name cannot be that of a folder.
    """
    inputs = dict(checkpoint=checkpoint_digest(checkpoint), **options)
    name = require_name(name or checkpoint_name(checkpoint))
    return training_record(cfg, processes, inputs, name)


def checkpoint_digest(checkpoint: str | os.PathLike) -> str:
    """Return the identity of a checkpoint, which does not depend on its place.

    Args:
        checkpoint (str | os.PathLike): The file, or ``'random'``.

    Returns:
        str: The first 16 digits of the file's SHA-256, or ``'random'``.
    """
    return RANDOM if str(checkpoint) == RANDOM else file_sha256(checkpoint)[:DIGITS]


def checkpoint_name(checkpoint: str | os.PathLike) -> str:
    """Return the name of a checkpoint in the tables.

    Args:
        checkpoint (str | os.PathLike): The file, which may be missing, or
            ``'random'``.

    Returns:
        str: The file's name, with that of the folder where each run has such a file.

    Examples:
        >>> checkpoint_name('work_dirs/simsiam/epoch_200.pth')
        'simsiam_epoch_200'
        >>> checkpoint_name('weights/densecl_r50.pth.tar')
        'densecl_r50'
    """
    path = Path(checkpoint).expanduser().absolute()
    name = re.sub(r'\.(pth|pt|tar|pkl|pth\.tar)$', '', path.name)
    return f'{path.parent.name}_{name}' if OF_A_RUN.fullmatch(name) else name


def require_name(name: str) -> str:
    """Raise an error if a name cannot be that of a folder.

    Args:
        name (str): The name of a checkpoint.

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
