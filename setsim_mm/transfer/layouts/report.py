"""Reports and errors on whether data sets can be used."""

import os
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...utils.errors import UserError
from .data_root import DataRoot, Problem
from .datasets import LAYOUTS
from .layout import DatasetLayout, Part


class Report(NamedTuple):
    """The result of the checks of a data set.

    Args:
        name: The data set's name.
        images: For each part, its number of images and the official number.
        problems: Why it cannot be used; empty if it can.
    """

    name: str
    images: dict[str, tuple[int, int]]
    problems: list[Problem]

    def __str__(self) -> str:
        lines = [f'{self.name}: {"NOT USABLE" if self.problems else "usable"}']
        for part, (number, official) in self.images.items():
            original = '' if number == official else f' (the original has {official:,})'
            lines.append(f'  {part}: {number:,} images{original}')
        lines += [f'  - {problem}' for problem in self.problems]
        return '\n'.join(lines)


def check_datasets(
    data_root: str | os.PathLike,
    names: Sequence[str] = (),
    allow_paths_outside: bool = False,
) -> Iterator[Report]:
    """Yield a report for each data set, with the files that are missing or wrong.

    The names of all files are compared. Of the label images, XML files and annotations,
    some are opened; to open all of them would take an hour.

    Args:
        data_root: The folder that is ``data`` in the configs.
        names: Keys of ``LAYOUTS``. Defaults to all.
        allow_paths_outside: Whether annotations may name files outside of data_root.
            Defaults to False.

    Raises:
        UserError: If a name is unknown or data_root is no folder.
    """
    for name in names:
        if name not in LAYOUTS:
            raise UserError(
                f'there is no data set {name!r}: choose from {", ".join(LAYOUTS)}.'
            )
    root = DataRoot(data_root, allow_paths_outside)
    if not root.path.is_dir():
        raise UserError(
            f'{str(root.path)!r} is not a folder: give the one that holds '
            'VOCdevkit, coco, cityscapes, ade and imagenet.'
        )
    for name in names or LAYOUTS:
        yield _check(name, root)


def require_dataset(
    name: str, data_root: str | os.PathLike, allow_paths_outside: bool = False
) -> None:
    """Raise an error if a data set cannot be used.

    Args:
        name: A key of ``LAYOUTS``.
        data_root: The folder that is ``data`` in the configs.
        allow_paths_outside: See :func:`check_datasets`. Defaults to False.

    Raises:
        UserError: If the data set cannot be used, or the name is unknown.
    """
    (report,) = check_datasets(data_root, [name], allow_paths_outside)
    if report.problems:
        first, *others = report.problems
        tool, folder = 'tools/datasets/check_datasets.py', shlex.quote(str(data_root))
        command = f'python {tool} {folder} {name}'
        more = f' ({len(others)} more: `{command}`)' if others else ''
        raise UserError(f'the data set {name} cannot be used, as {first}{more}.')


def _check(name: str, root: DataRoot) -> Report:
    layout: DatasetLayout = LAYOUTS[name]
    if not (root / layout.folder).is_dir():
        missing = Problem(root / layout.folder, 'is not there', layout.source)
        return Report(name, {}, [missing])
    problems = [
        # A command in a remedy can be pasted into a shell.
        problem._replace(
            remedy=problem.remedy.replace('DATA_ROOT', shlex.quote(str(root.path)))
        )
        for check in layout.checks
        for problem in check.problems(root)
    ]
    images = {part.name: (_count(part, root), part.official) for part in layout.parts}
    # Several checks may yield the same problem.
    return Report(name, images, list(dict.fromkeys(problems)))


def _count(part: Part, root: DataRoot) -> int:
    if part.suffix:
        return len(root.names(part.listing, part.suffix))
    if not (root / part.listing).is_file():
        return 0
    return len(root.lines(part.listing))
