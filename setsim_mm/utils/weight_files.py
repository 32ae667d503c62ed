"""Files of weights other than PyTorch's, and the writing of any file of weights."""

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from torch import Tensor

from .durable_files import written_whole
from .errors import UserError

SAFETENSORS = '.safetensors'
PICKLE = '.pkl'


def has_suffix(path: str | os.PathLike, suffix: str) -> bool:
    """Return whether a file's name ends with a suffix, in upper or lower case."""
    return Path(path).suffix.lower() == suffix


def read_safetensors(path: str | os.PathLike) -> dict[str, Tensor]:
    """Load the tensors of a ``.safetensors`` file, a format without code.

    Raises:
        UserError: If safetensors is not installed.
        SafetensorError: If the file is damaged.
    """
    _require_safetensors(path)
    from safetensors.torch import load_file

    return load_file(path)


def write_safetensors(weights: Mapping[str, Tensor], file: IO[bytes]) -> None:
    """Write tensors to an open ``.safetensors`` file.

    Raises:
        UserError: If safetensors is not installed.
    """
    _require_safetensors(SAFETENSORS)
    from safetensors.torch import save

    # The library writes only tensors that are contiguous and share no memory.
    plain = {name: value.clone().contiguous() for name, value in weights.items()}
    file.write(save(plain, metadata=dict(format='pt')))


def write_beside(
    source: str | os.PathLike,
    out_path: str | os.PathLike,
    write: Callable[[IO[bytes]], object],
) -> Path:
    """Write a file of weights that come from a checkpoint.

    If writing fails, an earlier file of the same name stays unchanged.

    Args:
        source (str | os.PathLike): The checkpoint. It is not overwritten.
        out_path (str | os.PathLike): The file to write; its folder is created.
        write (Callable): Writes the content to the open file that it is called with.

    Returns:
        Path: The file written.

    Raises:
        UserError: If the file cannot be written.
    """
    out_path = Path(out_path).expanduser()
    if out_path.exists() and out_path.samefile(Path(source).expanduser()):
        raise UserError(
            f'{str(out_path)!r} is the checkpoint itself, which would be lost: give '
            'another file to write to.'
        )
    try:
        out_path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(out_path) as unfinished:
            with open(unfinished, 'wb') as file:
                write(file)
    except (OSError, RuntimeError) as error:  # RuntimeError: PyTorch, disk full
        reason = getattr(error, 'strerror', None) or error
        raise UserError(
            f'{str(out_path)!r} cannot be written ({reason}): give '
            'another file to write to.'
        ) from error
    return out_path


def _require_safetensors(path: str | os.PathLike) -> None:
    if find_spec('safetensors') is None:
        raise UserError(
            f'{str(path)!r} needs safetensors, which is not installed: install it with '
            '`pip install safetensors`, or use a file with the suffix .pth.'
        )
