"""Writing all the toy data sets, without harming what is there."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from rich.progress import track

from setsim_mm.utils.errors import UserError

from .ade20k import write_ade20k
from .cityscapes import write_cityscapes
from .coco import write_coco
from .files import write_json
from .imagenet import write_imagenet
from .voc import write_voc

WRITERS = {
    'VOCdevkit': write_voc,
    'coco': write_coco,
    'cityscapes': write_cityscapes,
    'ade': write_ade20k,
    'imagenet': write_imagenet,
}
# In the folder of each data set: what was written there, and the files' digests.
RECORD = 'toy_data.json'


def make_toy_datasets(
    data_root: str | os.PathLike, num_images: int = 16, seed: int = 0
) -> None:
    """Write VOCdevkit, coco, cityscapes, ade and imagenet, each tiny, in a folder.

    Toy data sets of an earlier call are replaced. Each one is complete or absent,
    whenever this is interrupted.

    Args:
        data_root: Folder that the configs call ``data``. Made if need be.
        num_images: Training images in each part of each data set, 2 at least; half
            as many, rounded up, to evaluate on. ImageNet has as many of each class.
        seed: What to draw; the same seed and number give the same bytes.

    Raises:
        UserError: If one of those folders holds anything else, or data_root cannot be
            written; nothing is written then.
    """
    if num_images < 2:
        raise UserError(f'--images must be 2 at least, not {num_images}.')
    if seed < 0:
        raise UserError(f'--seed must be 0 at least, not {seed}.')
    data_root = Path(data_root).expanduser()
    for name in WRITERS:
        _require_replaceable(data_root / name)
    try:
        data_root.mkdir(parents=True, exist_ok=True)
        # Beside the final places, so that a data set is moved there in one step.
        beside = tempfile.TemporaryDirectory(prefix='.toy_data_', dir=data_root)
    except OSError as error:
        raise UserError(
            f'{str(data_root)!r} cannot be written ({error.strerror}): choose another '
            'folder.'
        ) from error
    with beside as unfinished:
        for name, write in track(WRITERS.items(), 'Drawing', transient=True):
            folder = Path(unfinished, name)
            write(folder, num_images, (num_images + 1) // 2, seed)
            record = dict(images=num_images, seed=seed, files=_digests(folder))
            write_json(folder / RECORD, record)
        for name in WRITERS:
            final = data_root / name
            if final.exists():
                final.rename(Path(unfinished, f'replaced_{name}'))
            Path(unfinished, name).rename(final)


def _require_replaceable(folder: Path) -> None:
    """Refuse a folder that holds anything but what was written here, unchanged."""
    if not folder.exists() and not folder.is_symlink():
        return
    other = 'choose another folder, or move it away.'
    written = None if folder.is_symlink() else _recorded(folder / RECORD)
    if written is None:
        raise UserError(f'{str(folder)!r} is there and no toy data set: {other}')
    there = _digests(folder, leave_out=RECORD)
    changed = sorted(name for name in there if there[name] != written.get(name))
    if changed:
        raise UserError(
            f'{str(folder)!r} holds a file that is not of the toy data set, or has '
            f'been changed ({changed[0]}): {other}'
        )


def _recorded(path: Path) -> dict[str, str] | None:
    """The digests that were written with a toy data set; None if it is none."""
    try:
        return dict(json.loads(path.read_text())['files'])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digests(folder: Path, leave_out: str = '') -> dict[str, str]:
    """The SHA-256 of every file, by its path below the folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path.name != leave_out
    }
