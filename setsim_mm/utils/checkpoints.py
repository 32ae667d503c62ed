"""Reading checkpoints, and taking the backbone's weights out of them."""

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from .durable_files import written_whole
from .errors import UserError
from .untrusted_files import read_untrusted

BACKBONE = 'backbone.'


def load_checkpoint(
    path: str | os.PathLike, memory_mapped: bool = False, all_of_it: bool = False
) -> dict[str, Any]:
    """Read a checkpoint to the CPU, trusting nothing in it but tensors and numbers.

    Args:
        path (str | os.PathLike): A file that mmengine or :func:`torch.save` wrote.
        memory_mapped (bool): Whether to read a tensor only when it is used, which
            takes no time for those that are not. Defaults to False.
        all_of_it (bool): Whether to refuse a file that holds other objects, which are
            left out otherwise. Defaults to False.

    Returns:
        dict[str, Any]: What the file holds.

    Raises:
        UserError: If the file is not there, or is not a checkpoint.
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
    """Give the model's weights in a checkpoint, without the ``module.`` of DDP.

    Args:
        checkpoint (dict[str, Any]): With the weights under ``state_dict``, as mmengine
            writes it, or the weights themselves.

    Returns:
        dict[str, Tensor]: One tensor a name; whatever else is there is left out.
    """
    weights = checkpoint.get('state_dict', checkpoint)
    if not isinstance(weights, dict):
        return {}
    return {
        name.removeprefix('module.'): value
        for name, value in weights.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }


def extract_backbone(path: str | os.PathLike) -> dict[str, Tensor]:
    """Take the backbone's weights out of a pre-training checkpoint.

    Args:
        path (str | os.PathLike): A checkpoint of this project or of MMSelfSup's.

    Returns:
        dict[str, Tensor]: The query side's weights by their names in the backbone,
        ``conv1.weight`` and so on.

    Raises:
        UserError: If the file is no checkpoint or holds no backbone.
    """
    weights = model_weights(load_checkpoint(path))
    backbone = _backbone_in(weights)
    if not backbone:
        found = ', '.join(sorted({name.split('.')[0] for name in weights})) or 'nothing'
        raise UserError(
            f'{str(path)!r} has no weights under {BACKBONE!r} (but {found}): give a '
            'checkpoint that pre-training saved.'
        )
    return backbone


def _backbone_in(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(BACKBONE): value.clone()
        for name, value in weights.items()
        if name.startswith(BACKBONE)
    }


def save_backbone(
    checkpoint_path: str | os.PathLike, out_path: str | os.PathLike
) -> Path:
    """Write the backbone's weights to a file of their own, tensors only.

    The file is ``dict(state_dict=...)``. ``torch.load(out, weights_only=True)`` reads
    it, and so does ``init_cfg=dict(type='Pretrained', checkpoint=out)`` in the configs
    of MMDetection, MMSegmentation and their kin. It is complete or not there: a write
    that fails leaves the earlier file as it was.

    Args:
        checkpoint_path (str | os.PathLike): A pre-training checkpoint.
        out_path (str | os.PathLike): The file to write; its folder is made.

    Returns:
        Path: The file written.

    Raises:
        UserError: If there is no backbone, or the file cannot be written.
    """
    return save_weights(extract_backbone(checkpoint_path), out_path, checkpoint_path)


def save_weights(
    weights: dict[str, Tensor],
    out_path: str | os.PathLike,
    checkpoint_path: str | os.PathLike,
) -> Path:
    """Write weights as ``dict(state_dict=...)``, completely or not at all.

    Args:
        weights (dict[str, Tensor]): One tensor a name.
        out_path (str | os.PathLike): The file to write; its folder is made.
        checkpoint_path (str | os.PathLike): Where the weights come from, which is
            not written over.

    Returns:
        Path: The file written.

    Raises:
        UserError: If the file cannot be written.
    """
    out_path = Path(out_path).expanduser()
    if out_path.exists() and out_path.samefile(Path(checkpoint_path).expanduser()):
        raise UserError(
            f'{str(out_path)!r} is the checkpoint itself, which would be lost: give '
            'another file to write to.'
        )
    try:
        out_path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(out_path) as unfinished, open(unfinished, 'wb') as file:
            torch.save(dict(state_dict=weights), file)
    except (OSError, RuntimeError) as error:  # RuntimeError: PyTorch, disk full
        reason = getattr(error, 'strerror', None) or error
        raise UserError(
            f'{str(out_path)!r} cannot be written ({reason}): give '
            'another file to write to.'
        ) from error
    return out_path
