"""Load checkpoints, extract the backbone's weights and save weights."""

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from .errors import UserError
from .foreign_names import BACKBONE, ENTRIES, PREFIXES, PROJECTORS, find_prefix
from .untrusted_files import read_untrusted
from .weight_files import write_beside


def load_checkpoint(
    path: str | os.PathLike, memory_mapped: bool = False, all_of_it: bool = False
) -> dict[str, Any]:
    """Load a checkpoint to the CPU without running code from it.

    Args:
        path (str | os.PathLike): A file that mmengine or :func:`torch.save` wrote,
            weights in ``.safetensors``, or weights of detectron2 in ``.pkl``.
        memory_mapped (bool): Whether to read each tensor only when it is used.
            Defaults to False.
        all_of_it (bool): Whether to raise an error if the file holds objects other
            than tensors, numbers and containers, which are left out otherwise.
            Defaults to False.

    Returns:
        dict[str, Any]: The content of the file.

    Raises:
        UserError: If the file does not exist or is not a checkpoint.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(
            f'there is no checkpoint {str(path)!r}: give the path of a file such as '
            'work_dirs/<config>/epoch_200.pth.'
        )
    try:
        checkpoint = read_untrusted(path, memory_mapped, all_of_it)
    except (OSError, UnpicklingError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f'{str(path)!r} is damaged, or not a checkpoint of PyTorch '
            f'({reason[0]}): give a file that a training run saved.'
        ) from error
    if not isinstance(checkpoint, dict):
        raise UserError(
            f'{str(path)!r} holds a {type(checkpoint).__name__} and not the weights '
            'of a model: give a file that a training run saved.'
        )
    return checkpoint


def model_weights(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """Return the weights that mmengine loads from a checkpoint.

    Args:
        checkpoint (dict[str, Any]): A checkpoint with the weights in ``state_dict``, or
            the weights themselves.

    Returns:
        dict[str, Tensor]: The tensors by their names, without the ``module.`` of DDP;
        other objects are left out.
    """
    return _tensors(checkpoint.get('state_dict', checkpoint))


def find_weights(checkpoint: dict[str, Any]) -> tuple[str, dict[str, Tensor]]:
    """Find the weights in a checkpoint of this or another project.

    Returns:
        tuple[str, dict[str, Tensor]]: The one of :data:`~.foreign_names.ENTRIES` that
        holds the weights, ``''`` for the checkpoint itself, and the weights.
    """
    for entry in ENTRIES:
        weights = _tensors(checkpoint.get(entry))
        if weights:
            return entry, weights
    return '', _tensors(checkpoint)


def _tensors(content: Any) -> dict[str, Tensor]:
    return {
        name.removeprefix('module.'): value
        for name, value in (content.items() if isinstance(content, dict) else ())
        if isinstance(name, str) and isinstance(value, Tensor)
    }


def extract_backbone(path: str | os.PathLike) -> dict[str, Tensor]:
    """Extract the backbone's weights from a pre-training checkpoint.

    The prefix is detected automatically. :func:`~.foreign_weights.find_backbone` also
    renames the weights for the backbone of a config and checks that they fit.

    Args:
        path (str | os.PathLike): A checkpoint of this project or of another one in
            :data:`~.foreign_names.PREFIXES`.

    Returns:
        dict[str, Tensor]: The query side's weights by their names in the backbone,
        ``conv1.weight`` and so on.

    Raises:
        UserError: If the file is no checkpoint or holds no weights with a known
            prefix.
    """
    _, weights = find_weights(load_checkpoint(path))
    prefix = find_prefix(weights)
    if prefix is None:
        names = ', '.join(f'{known}*' for known in PREFIXES if known)
        found = ', '.join(sorted({name.split('.')[0] for name in weights})) or 'nothing'
        raise UserError(
            f'{str(path)!r} has no weights named {names} (but {found}): give a '
            'checkpoint that pre-training saved.'
        )
    # In other projects the encoder contains the projector.
    others = () if prefix == BACKBONE else tuple(prefix + name for name in PROJECTORS)
    return {
        name.removeprefix(prefix): value.clone()
        for name, value in weights.items()
        if name.startswith(prefix) and not name.startswith(others)
    }


def save_weights(
    weights: dict[str, Tensor],
    out_path: str | os.PathLike,
    checkpoint_path: str | os.PathLike,
) -> Path:
    """Write weights as ``dict(state_dict=...)``.

    If writing fails, an earlier file of the same name stays unchanged.

    Args:
        weights (dict[str, Tensor]): The weights by their names.
        out_path (str | os.PathLike): The file to write; its folder is created.
        checkpoint_path (str | os.PathLike): The file that the weights come from. It is
            not overwritten.

    Returns:
        Path: The file written.

    Raises:
        UserError: If the file cannot be written.
    """
    return write_beside(
        checkpoint_path,
        out_path,
        lambda file: torch.save(dict(state_dict=weights), file),
    )
