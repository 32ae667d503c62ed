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
    weights = exported_weights(extract_backbone(checkpoint), format, checkpoint)

    def write(file: IO[bytes]) -> None:
        if has_suffix(out, SAFETENSORS):
            write_safetensors(weights, file)
        elif has_suffix(out, PICKLE):
            arrays = {name: value.numpy() for name, value in weights.items()}
            pickle.dump(_for_detectron2(arrays), file, protocol=4)
        else:
            torch.save(_content(weights, format), file)

    return write_beside(checkpoint, out, write)


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
    if format == MM:
        return dict(weights)
    tables = WRITTEN[format]
    unnamed = {table: _without_name(weights, table) for table in tables}
    table = min(tables, key=lambda table: len(unnamed[table]))
    if unnamed[table]:
        raise UserError(
            f'an export to {format} has no names for the backbone in {str(path)!r} '
            f'({some_of(unnamed[table])}): it has those of '
            f'{", ".join(table.owner for table in tables)}, so choose another format, '
            f'such as {MM}.'
        )
    return table.to_theirs(weights)


def _without_name(weights: Mapping[str, Tensor], table: NameTable) -> list[str]:
    return [name for name in weights if table.theirs(name) is None]


def _content(weights: dict[str, Tensor], format: str) -> dict[str, Any]:
    if format == DETECTRON2:
        return _for_detectron2(weights)
    return weights if format in BARE else dict(state_dict=weights)


def _for_detectron2(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return what detectron2 matches with a model by the ends of the names."""
    return dict(model=weights, __author__='setsim_mm', matching_heuristics=True)
