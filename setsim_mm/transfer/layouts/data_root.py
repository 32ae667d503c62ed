"""A data root: the names of all files, and the content of some."""

import json
import os
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

# Files of a kind that are opened, spread evenly. Opening all of them would take an hour
# on real data.
NUM_SAMPLES = 8
NUM_SAMPLED_ANNOTATIONS = 2000


class Problem(NamedTuple):
    """A reason why a data set cannot be used.

    Args:
        path: The file or folder that is wrong.
        error: What is wrong with it. It completes a sentence that begins with the path.
        remedy: What to do about it.
    """

    path: Path
    error: str
    remedy: str

    def __str__(self) -> str:
        return f'{str(self.path)!r} {self.error}: {self.remedy}'


class DataRoot:
    """A folder of data sets. The files of each folder in it are listed once.

    Args:
        path: The folder that is ``data`` in the configs.
        allow_paths_outside: Whether annotations may name files outside of it. Defaults
            to False.
    """

    def __init__(
        self, path: str | os.PathLike, allow_paths_outside: bool = False
    ) -> None:
        self.path = Path(path).expanduser()
        self.allow_paths_outside = allow_paths_outside
        self._listed: dict[str, list[str]] = {}

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def names(self, folder: str, suffix: str) -> frozenset[str]:
        """Return the names of the files below a folder.

        Args:
            folder: A folder below the data root. It may be missing.
            suffix: End of the files' names, such as ``_leftImg8bit.png``.

        Returns:
            frozenset[str]: Paths relative to ``folder`` without the suffix.
        """
        if folder not in self._listed:
            self._listed[folder] = list(_files_below(self / folder))
        listed, cut = self._listed[folder], len(suffix)
        return frozenset(
            name[: len(name) - cut] for name in listed if name.endswith(suffix)
        )

    def holds(self, path: Path) -> bool:
        """Return whether a path is in the folder. Links are not followed."""
        return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(self.path))

    def lines(self, name: str) -> list[str]:
        """Return the lines of a text file that are not blank."""
        text = (self / name).read_text(encoding='utf-8-sig')
        return [line.strip() for line in text.splitlines() if line.strip()]


def sample_evenly(names: Collection[str], number: int = NUM_SAMPLES) -> list[str]:
    """Return some names, evenly spaced in sorted order, with the first and the last."""
    ordered = sorted(names)
    if len(ordered) <= number:
        return ordered
    return [ordered[i * (len(ordered) - 1) // (number - 1)] for i in range(number)]


def read_annotations(path: Path) -> dict[str, list]:
    """Read the part of a COCO annotation file that takes a second to parse.

    The file of COCO's training images has 450 MB. Its images and categories and the
    first annotations are parsed.

    Returns:
        dict[str, list]: ``images``, ``categories`` and ``annotations``.

    Raises:
        ValueError: If it is not a complete COCO annotation file.
    """
    text = path.read_text(encoding='utf-8')
    if not text[-64:].rstrip().endswith('}'):
        raise ValueError('the file ends too early')
    images = list(_items(text, 'images', 'id', 'file_name', 'width', 'height'))
    categories = list(_items(text, 'categories', 'id', 'name'))
    annotations = list(
        islice(
            _items(text, 'annotations', 'id', 'image_id', 'category_id'),
            NUM_SAMPLED_ANNOTATIONS,
        )
    )
    return dict(images=images, categories=categories, annotations=annotations)


def _items(text: str, key: str, *fields: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of one of the top-level lists of a JSON file."""
    decoder = json.JSONDecoder()
    place = text.find(f'"{key}"')
    if place < 0:
        raise ValueError(f'it has no {key}')
    place = text.index('[', place) + 1
    while True:
        while text[place] in ' \t\r\n,':
            place += 1
        if text[place] == ']':
            return
        item, place = decoder.raw_decode(text, place)
        lacking = [field for field in fields if field not in item]
        if lacking:
            raise ValueError(f'an entry of its {key} has no {lacking[0]}')
        yield item


def _files_below(folder: Path, prefix: str = '') -> Iterator[str]:
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files_below(Path(entry.path), f'{prefix}{entry.name}/')
            else:
                yield prefix + entry.name
