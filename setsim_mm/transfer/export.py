"""Write a pre-trained backbone for other libraries."""

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from setsim_mm.utils.checkpoints import extract_backbone
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.foreign_tables import WRITTEN
from setsim_mm.utils.name_tables import NameTable
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.weight_files import (
    PICKLE,
    SAFETENSORS,
    has_suffix,
    write_beside,
    write_safetensors,
)

# MMPretrain's names, which this project's checkpoints have, need no table.
MM = 'mm'
DETECTRON2 = 'detectron2'
FORMATS = (MM, *WRITTEN)
TORCH = ('.pth', '.pt')
# torchvision and timm publish the weights alone, OpenMMLab in an entry of this name.
BARE = ('torchvision', 'timm')


def export_backbone(
    checkpoint: str | os.PathLike, out: str | os.PathLike, format: str = MM
) -> Path:
    """Write the backbone of a pre-training checkpoint for another library.

    Args:
        checkpoint (str | os.PathLike): See
            :func:`~setsim_mm.utils.checkpoints.extract_backbone`.
        out (str | os.PathLike): The file to write; its folder is created. The suffix
            is ``.pth`` or ``.safetensors``, and for detectron2 ``.pkl`` or ``.pth``.
        format (str): The library, one of :data:`FORMATS`. Defaults to ``'mm'``, the
            names of MMPretrain.

    Returns:
        Path: The file written.

    Raises:
        UserError: If the library has no names for this backbone or no such suffix, if
            there is no backbone, or if the file cannot be written.
    """
    require_format(out, format)
    return _write(extract_backbone(checkpoint), checkpoint, out, format)


def export_backbones(
    checkpoint: str | os.PathLike, folder: str | os.PathLike
) -> list[Path]:
    """Write the backbone of a checkpoint for each other library with names for it.

    Args:
        checkpoint (str | os.PathLike): See :func:`export_backbone`.
        folder (str | os.PathLike): The output folder, which is created.

    Returns:
        list[Path]: A file for each library, such as ``timm.safetensors``.

    Raises:
        UserError: If there is no backbone, or if a file cannot be written.
    """
    weights = extract_backbone(checkpoint)
    return [
        _write(weights, checkpoint, Path(folder, format + _suffix(format)), format)
        for format in WRITTEN
        if not _find_table(weights, format)[1]
    ]


def require_format(out: str | os.PathLike, format: str) -> None:
    """Check a format and the suffix of its file, before a long run.

    Raises:
        UserError: If there is no such format, or it has no such suffix.
    """
    if format not in FORMATS:
        raise UserError(
            f'there is no export to {format!r}: choose one of {", ".join(FORMATS)}.'
        )
    other = PICKLE if format == DETECTRON2 else SAFETENSORS
    if not any(has_suffix(out, suffix) for suffix in (*TORCH, other)):
        raise UserError(
            f'{str(out)!r} has no suffix of an export to {format}: choose .pth or '
            f'{other}.'
        )


def exported_weights(
    weights: Mapping[str, Tensor], format: str, path: str | os.PathLike
) -> dict[str, Tensor]:
    """Return the weights of a backbone with the names and values of a library.

    Args:
        weights (Mapping[str, Tensor]): Weights by their names in MMPretrain's backbone.
        format (str): One of :data:`FORMATS`.
        path (str | os.PathLike): Their file, for messages.

    Returns:
        dict[str, Tensor]: The weights for the library's own backbone.

    Raises:
        UserError: If the library has no names for this backbone.
    """
    table, unnamed = _find_table(weights, format)
    if table is None:
        return dict(weights)
    if unnamed:
        raise UserError(
            f'an export to {format} has no names for the backbone in {str(path)!r} '
            f'({some_of(unnamed)}): it has those of '
            f'{", ".join(table.owner for table in WRITTEN[format])}, so choose another '
            f'format, such as {MM}.'
        )
    return table.to_theirs(weights)


def _write(
    backbone: Mapping[str, Tensor],
    checkpoint: str | os.PathLike,
    out: str | os.PathLike,
    format: str,
) -> Path:
    weights = exported_weights(backbone, format, checkpoint)

    def write(file: IO[bytes]) -> None:
        if has_suffix(out, SAFETENSORS):
            write_safetensors(weights, file)
        elif has_suffix(out, PICKLE):
            arrays = {name: value.numpy() for name, value in weights.items()}
            pickle.dump(_for_detectron2(arrays), file, protocol=4)
        else:
            torch.save(_content(weights, format), file)

    return write_beside(checkpoint, out, write)


def _suffix(format: str) -> str:
    """Return the suffix that a library reads without an option."""
    if format == DETECTRON2:
        return PICKLE
    return SAFETENSORS if format in BARE else '.pth'  # OpenMMLab reads .pth only


def _find_table(
    weights: Mapping[str, Tensor], format: str
) -> tuple[NameTable | None, list[str]]:
    """Return the table that fits best, and the weights that it has no names for."""
    if format == MM:
        return None, []
    unnamed = {
        table: [name for name in weights if table.theirs(name) is None]
        for table in WRITTEN[format]
    }
    table = min(unnamed, key=lambda table: len(unnamed[table]))
    return table, unnamed[table]


def _content(weights: dict[str, Tensor], format: str) -> dict[str, Any]:
    if format == DETECTRON2:
        return _for_detectron2(weights)
    return weights if format in BARE else dict(state_dict=weights)


def _for_detectron2(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return what detectron2 matches with a model by the ends of the names."""
    return dict(model=weights, __author__='setsim_mm', matching_heuristics=True)
