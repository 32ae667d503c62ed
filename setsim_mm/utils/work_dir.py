"""The folder that a training run writes to."""

import os
import tempfile
from pathlib import Path

from .errors import UserError


def require_writable(work_dir: str | os.PathLike) -> None:
    """Make the folder if need be, and see whether files can be written there.

    Args:
        work_dir (str | os.PathLike): The output folder.

    Raises:
        UserError: If not.
    """
    try:
        os.makedirs(work_dir, exist_ok=True)
        with tempfile.TemporaryFile(dir=work_dir) as file:
            file.write(b'0')
    except OSError as error:
        raise UserError(
            f'the output folder {str(work_dir)!r} cannot be written '
            f'({error.strerror}): choose another one with --work-dir.'
        ) from error


def last_checkpoint(work_dir: str | os.PathLike) -> Path | None:
    """Find the checkpoint that a training run saved last.

    Args:
        work_dir (str | os.PathLike): The run's output folder, which may have been
            moved since.

    Returns:
        Path | None: None if there is none.
    """
    pointer = Path(work_dir, 'last_checkpoint')  # written by mmengine, after the save
    if not pointer.is_file():
        return None
    saved = Path(pointer.read_text().strip())
    here = pointer.with_name(saved.name)
    return next((path for path in (here, saved) if path.exists()), None)
