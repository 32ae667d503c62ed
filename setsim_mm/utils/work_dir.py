"""The folder that a training run writes to."""

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
EVALUATION = 'last_evaluation.json'  # steps and figures of the last evaluation
# What CheckpointHook writes, here and in mmengine. A best_*.pth cannot be resumed.
CHECKPOINTS = ('epoch_*.pth', 'iter_*.pth', 'interrupted_iter_*.pth')

_locks: dict[str, IO[str]] = {}


def require_writable(work_dir: str | os.PathLike) -> None:
    """Create the folder if it is missing, and check that files can be written there.

    Args:
        work_dir (str | os.PathLike): The output folder.

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
    """Return the files of a run's checkpoints, by their names, sorted.

    Args:
        work_dir (str | os.PathLike): The run's output folder.
    """
    folder = Path(work_dir)
    return sorted(path for name in CHECKPOINTS for path in folder.glob(name))


def last_checkpoint(work_dir: str | os.PathLike) -> Path | None:
    """Return the checkpoint that a training run saved last.

    This asks the pointer file, or else the times of the files, which takes no time.
    :func:`~.resuming.newest_whole_checkpoint` reads the files.

    Args:
        work_dir (str | os.PathLike): The run's output folder, which may have been
            moved since.

    Returns:
        Path | None: None if there is none.
    """
    pointer = Path(work_dir, POINTER)
    try:
        saved = Path(pointer.read_text().strip())
    except (OSError, UnicodeDecodeError):
        saved = Path()
    # A pointer may be empty, or name something that is not a file of this folder.
    here = pointer.with_name(saved.name or POINTER)
    for path in (here, saved):
        if path.suffix == '.pth' and path.is_file():
            return path
    return max(checkpoints_in(work_dir), key=os.path.getmtime, default=None)


def require_unused(work_dir: str | os.PathLike) -> None:
    """Raise an error if a folder holds checkpoints, which a new run would replace.

    Args:
        work_dir (str | os.PathLike): The output folder.

    Raises:
        UserError: If there are any.
    """
    there = last_checkpoint(work_dir)
    if there is not None:
        raise UserError(
            f'{str(work_dir)!r} holds a run already ({there.name}): add --resume to go '
            'on with it, --restart to begin anew (its checkpoints move to a '
            'subfolder), or choose another folder with --work-dir.'
        )


def set_checkpoints_aside(work_dir: str | os.PathLike) -> Path | None:
    """Move the checkpoints of an earlier run, and its figures, into a subfolder.

    Args:
        work_dir (str | os.PathLike): The output folder.

    Returns:
        Path | None: The subfolder; None if there was nothing to move.
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
    """Take a folder for this process, until it ends or unlocks the folder.

    The system releases the lock of a process that was killed. What such a process
    left half written is removed.

    Args:
        work_dir (str | os.PathLike): The output folder, which is created.

    Raises:
        UserError: If another process has it, or files cannot be written there.
    """
    require_writable(work_dir)
    name = os.path.realpath(work_dir)
    if name in _locks:
        return
    # Not emptied by opening: another process may hold it.
    lock = open(Path(work_dir, LOCK), 'a+', encoding='utf-8')
    try:
        # lockf and not flock: workers that outlive a killed process do not inherit it.
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
    """Release a folder; nothing happens if this process does not have it."""
    lock = _locks.pop(os.path.realpath(work_dir), None)
    if lock is not None:
        lock.close()
