"""Write all toy data sets without overwriting other files."""

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
from .coco_people import write_coco_people
from .files import write_json
from .imagenet import write_imagenet
from .voc import write_voc


def _write_whole_coco(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write the instances and the key points of COCO, in images of their own."""
    write_coco(folder, num_train, num_val, seed)
    write_coco_people(folder, num_train, num_val, seed)


WRITERS = {
    'VOCdevkit': write_voc,
    'coco': _write_whole_coco,
    'cityscapes': write_cityscapes,
    'ade': write_ade20k,
    'imagenet': write_imagenet,
}
# A file in the folder of each data set, with the digests of the written files.
RECORD = 'toy_data.json'


def make_toy_datasets(
    data_root: str | os.PathLike, num_images: int = 16, seed: int = 0
) -> None:
    """Write toy versions of VOCdevkit, coco, cityscapes, ade and imagenet.

    Toy data sets of an earlier call are replaced. After an interruption, each data set
    is complete or missing.

    Args:
        data_root: The folder that is ``data`` in the configs. It is created if it is
            missing.
        num_images: Training images in each part of each data set, at least 2, and half
            as many validation images, rounded up. For ImageNet, images of each class.
        seed: Random seed; the same seed and number give the same bytes.

    Raises:
        UserError: If one of the folders holds other files or data_root cannot be
            written. Nothing is written then.
    """
    if num_images < 2:
        raise UserError(f'--images must be at least 2, not {num_images}.')
    if seed < 0:
        raise UserError(f'--seed must be at least 0, not {seed}.')
    data_root = Path(data_root).expanduser()
    for name in WRITERS:
        _require_replaceable(data_root / name)
    try:
        data_root.mkdir(parents=True, exist_ok=True)
        # On the same disk, so that a data set is moved in one step.
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
    """Raise an error if a folder holds other files than an unchanged toy data set."""
    if not folder.exists() and not folder.is_symlink():
        return
    other = 'choose another folder, or move it away.'
    written = None if folder.is_symlink() else _recorded(folder / RECORD)
    if written is None:
        raise UserError(f'{str(folder)!r} exists and is not a toy data set: {other}')
    found = _digests(folder, leave_out=RECORD)
    changed = sorted(name for name in found if found[name] != written.get(name))
    if changed:
        raise UserError(
            f'{str(folder)!r} holds a file that is not of the toy data set, or has '
            f'been changed ({changed[0]}): {other}'
        )


def _recorded(path: Path) -> dict[str, str] | None:
    """Return the digests saved with a toy data set; None if there are none."""
    try:
        return dict(json.loads(path.read_text())['files'])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digests(folder: Path, leave_out: str = '') -> dict[str, str]:
    """Return the SHA-256 of every file by its path below the folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path.name != leave_out
    }
