"""Find JSON files of COCO, and the folders of their images."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from setsim_mm.transfer.layouts.data_root import sample_evenly
from setsim_mm.utils import UserError

from .files import Group
from .names import part_of, words_of

KEYS = (b'"images"', b'"annotations"', b'"categories"')


def coco_files(
    files: Sequence[Group], images: Sequence[Group], root: Path
) -> dict[Path, Path]:
    """Find the JSON file of each image.

    Args:
        files (Sequence[Group]): JSON files of any kind.
        images (Sequence[Group]): All images.
        root (Path): The folder of all.

    Returns:
        dict[Path, Path]: JSON files of COCO by image.

    Raises:
        UserError: If two files list the same images, or listed images are missing.
    """
    paths = [path for group in files for path in group.files.values()]
    found: dict[Path, Path] = {}
    for path in sorted(path for path in paths if _has_keys(path)):
        names = _listed(path)
        folder = _folder_of(names, path, images, root)
        for name in names:
            image = folder / name
            if image in found:
                raise UserError(
                    f'{str(found[image])!r} and {str(path)!r} label the same images, '
                    f'such as {name!r}: choose one of the files with --labels.'
                )
            found[image] = path
    return found


def _has_keys(path: Path) -> bool:
    content = path.read_bytes()
    return all(key in content for key in KEYS)


def _listed(path: Path) -> list[str]:
    try:
        return [
            str(item['file_name']) for item in json.loads(path.read_bytes())['images']
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f'{str(path)!r} is no JSON file of COCO that can be read '
            f'({type(error).__name__}: {error}): correct it.'
        ) from error


def _folder_of(
    names: Sequence[str], path: Path, images: Sequence[Group], root: Path
) -> Path:
    """Return the folder that the names are relative to."""
    sampled = sample_evenly(names)
    depth = len(Path(sampled[0]).parts) - 1 if sampled else 0
    folders = {
        (group.folder, *group.folder.parents)[depth]
        for group in images
        if depth <= len(group.folder.parents)
    }
    words = Counter(words_of(path.relative_to(root).with_suffix('')))
    ranked = sorted(
        (
            sum((folder / name).is_file() for name in sampled),
            part_of(path.relative_to(root).with_suffix(''))
            == part_of(_relative(folder, root)),
            (words & Counter(words_of(_relative(folder, root)))).total(),
            folder,
        )
        for folder in folders
    )
    if not ranked or not ranked[-1][0]:
        raise UserError(
            f'no folder below {str(root)!r} has the images that {str(path)!r} lists, '
            f'such as {(sampled or ["none"])[0]!r}: give their folder with --images.'
        )
    if len(ranked) > 1 and ranked[-1][:3] == ranked[-2][:3]:
        raise UserError(
            f'the images of {str(path)!r} are in {str(ranked[-2][3])!r} and in '
            f'{str(ranked[-1][3])!r}: choose one with --images.'
        )
    return ranked[-1][3]


def _relative(folder: Path, root: Path) -> Path:
    return folder.relative_to(root) if folder.is_relative_to(root) else Path()
