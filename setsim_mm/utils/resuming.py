"""Find the checkpoint to resume from by the content of the files."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from .checkpoints import load_checkpoint
from .errors import UserError
from .untrusted_files import damage_of
from .work_dir import checkpoints_in, last_checkpoint


@dataclass(frozen=True)
class ResumePoint:
    """The checkpoint to resume from.

    Args:
        checkpoint (Path, optional): The newest undamaged checkpoint. Defaults to None,
            no checkpoint.
        broken (list[str]): One clause about each newer file that is damaged.
    """

    checkpoint: Path | None = None
    broken: list[str] = field(default_factory=list)


def newest_whole_checkpoint(work_dir: str | os.PathLike) -> ResumePoint:
    """Find the undamaged checkpoint with the most steps in a work folder."""
    pointed = last_checkpoint(work_dir)
    paths = set(checkpoints_in(work_dir)) | ({pointed} if pointed else set())
    steps, broken = {}, {}
    for path in paths:
        try:
            steps[path] = _steps_in(path)
        except UserError as error:
            broken[path] = str(error)
    # At the same step, a scheduled checkpoint has priority over an interrupted one.
    order = sorted(steps, key=lambda p: (steps[p], not _is_interim(p)), reverse=True)
    for path in order:
        damage = damage_of(path)
        if damage is None:
            return ResumePoint(path, sorted(broken.values()))
        broken[path] = f'{str(path)!r} is damaged ({damage})'
    return ResumePoint(None, sorted(broken.values()))


def _steps_in(path: Path) -> int:
    """Return the number of steps in a checkpoint without reading its tensors."""
    checkpoint = load_checkpoint(path, memory_mapped=True, all_of_it=True)
    meta = checkpoint.get('meta')
    steps = meta.get('iter') if isinstance(meta, dict) else None
    if not isinstance(steps, int) or 'optimizer' not in checkpoint:
        raise UserError(f'{str(path)!r} holds no state of a training')
    return steps


def _is_interim(path: Path) -> bool:
    return path.name.startswith('interrupted_')


def require_resumable(path: str | os.PathLike) -> None:
    """Check that a checkpoint can be resumed from.

    Raises:
        UserError: If it is missing, is damaged or holds no state of a training.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(
            f'there is no checkpoint {str(path)!r} to resume from: give the path of '
            'one, or --resume alone for the newest one in the output folder.'
        )
    damage = damage_of(path)
    if damage is not None:
        raise UserError(
            f'{str(path)!r} is damaged ({damage}): resume from another checkpoint, or '
            'give --resume alone for the newest one that is whole.'
        )
    _steps_in(path)
