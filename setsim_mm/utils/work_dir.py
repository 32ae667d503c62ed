"""The work folder of a training run."""

import fcntl
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import IO

from .durable_files import remove_unfinished
from .errors import UserError

POINTER = 'last_checkpoint'
LOCK = '.lock'
EVALUATION = 'last_evaluation.json'  # steps and metrics of the last evaluation
# Files of CheckpointHook, here and in mmengine. A best_*.pth cannot be resumed.
CHECKPOINTS = ('epoch_*.pth', 'iter_*.pth', 'interrupted_iter_*.pth')

_locks: dict[str, IO[str]] = {}


def require_writable(work_dir: str | os.PathLike) -> None:
    """Create a folder if it is missing, and check that it is writable.

    Raises:
        UserError: If files cannot be written.
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


def checkpoints_in(work_dir: str | os.PathLike) -> list[Path]:
    """Return the checkpoint files of a run, sorted by name."""
    folder = Path(work_dir)
    return sorted(path for name in CHECKPOINTS for path in folder.glob(name))


def last_checkpoint(work_dir: str | os.PathLike) -> Path | None:
    """Return the last checkpoint of a run by its pointer file or modification time.

    The folder may have been moved. :func:`~.resuming.newest_whole_checkpoint` also
    reads the checkpoints.
    """
    pointer = Path(work_dir, POINTER)
    try:
        saved = Path(pointer.read_text().strip())
    except (OSError, UnicodeDecodeError):
        saved = Path()
    # A pointer may be empty or name a file of another folder.
    here = pointer.with_name(saved.name or POINTER)
    for path in (here, saved):
        if path.suffix == '.pth' and path.is_file():
            return path
    return max(checkpoints_in(work_dir), key=os.path.getmtime, default=None)


def require_unused(work_dir: str | os.PathLike) -> None:
    """Check that a folder holds no checkpoints, which a new run would overwrite.

    Raises:
        UserError: If there is a checkpoint.
    """
    there = last_checkpoint(work_dir)
    if there is not None:
        raise UserError(
            f'{str(work_dir)!r} holds a run already ({there.name}): add --resume to go '
            'on with it, --restart to start again (its checkpoints move to a '
            'subfolder), or choose another folder with --work-dir.'
        )


def set_checkpoints_aside(work_dir: str | os.PathLike) -> Path | None:
    """Move the checkpoints and the last metrics of an earlier run to a subfolder.

    Returns:
        Path | None: The subfolder; None without checkpoints.
    """
    files = checkpoints_in(work_dir) + list(Path(work_dir).glob('best_*.pth'))
    if not files:
        return None
    aside = Path(work_dir, time.strftime('earlier_%Y%m%d_%H%M%S'))
    aside.mkdir(exist_ok=True)
    Path(work_dir, POINTER).unlink(missing_ok=True)
    evaluation = Path(work_dir, EVALUATION)
    for file in files + [evaluation] * evaluation.is_file():
        file.rename(aside / file.name)
    return aside


def lock_work_dir(work_dir: str | os.PathLike) -> None:
    """Create and lock a folder until this process ends or unlocks it.

    The system releases the lock of a killed process. Its temporary files are removed.

    Raises:
        UserError: If another process holds the lock, or the folder is not writable.
    """
    require_writable(work_dir)
    name = os.path.realpath(work_dir)
    if name in _locks:
        return
    # Mode 'a' keeps the content, which names the process that holds the lock.
    lock = open(Path(work_dir, LOCK), 'a+', encoding='utf-8')
    try:
        # Not flock, whose lock is inherited by workers that outlive a killed process.
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or 'another process'
        lock.close()
        raise UserError(
            f'{str(work_dir)!r} is in use by {owner}: wait until it has ended, or '
            'choose another folder with --work-dir.'
        ) from error
    lock.truncate(0)
    lock.write(f'process {os.getpid()} on {socket.gethostname()}\n')
    lock.flush()
    _locks[name] = lock
    remove_unfinished(work_dir)


def unlock_work_dir(work_dir: str | os.PathLike) -> None:
    """Release the lock of a folder if this process holds it."""
    lock = _locks.pop(os.path.realpath(work_dir), None)
    if lock is not None:
        lock.close()
