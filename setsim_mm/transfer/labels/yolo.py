"""Boxes and polygons in the text files of YOLO, and the names of their classes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from setsim_mm.utils.errors import UserError

from .shapes import Shape

YAML_SUFFIXES = ('.yaml', '.yml')


def read_yolo(
    path: str | Path, classes: Sequence[str], size: tuple[int, int]
) -> tuple[Shape, ...]:
    """Read the objects of an image: ``class x y width height`` or ``class x y x y …``.

    Args:
        path (str | Path): The text file. Its numbers are fractions of the image.
        classes (Sequence[str]): The names of the classes 0, 1, ….
        size (tuple[int, int]): Width and height of the image in pixels.

    Returns:
        tuple[Shape, ...]: The objects. A polygon's box surrounds it.

    Raises:
        UserError: If a line is no such object, or its class has no name.
    """
    try:
        lines = Path(path).read_text(encoding='utf-8-sig').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'{str(path)!r} cannot be read ({error}).') from error
    shapes = []
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f'line {place} of {str(path)!r}'
        number, values = _numbers(line, where)
        if not 0 <= number < len(classes):
            raise UserError(
                f'{where} has the class {number}, but there are names for '
                f'{len(classes)} classes only: add its name, or correct the line.'
            )
        shapes.append(_shape(classes[number], values, size))
    return tuple(shapes)


def _numbers(line: str, where: str) -> tuple[int, list[float]]:
    words = line.split()
    try:
        number, values = float(words[0]), [float(word) for word in words[1:]]
        whole = number == int(number)
    except (ValueError, OverflowError):
        whole, values = False, []
    if not whole or not (
        len(values) == 4 or (len(values) >= 6 and len(values) % 2 == 0)
    ):
        raise UserError(
            f'{where} is neither `class x y width height` nor a polygon `class x y x y '
            f'...` ({line.strip()[:60]!r}): correct it.'
        )
    return int(number), values


def _shape(name: str, values: list[float], size: tuple[int, int]) -> Shape:
    pixels = [value * size[place % 2] for place, value in enumerate(values)]
    pixels = [round(value, 3) for value in pixels]
    if len(pixels) == 4:
        x, y, width, height = pixels
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        return Shape(name, box)
    columns, rows = pixels[::2], pixels[1::2]
    box = (min(columns), min(rows), max(columns), max(rows))
    return Shape(name, box, [pixels])


def find_class_names(folders: Iterable[Path]) -> tuple[tuple[str, ...], Path] | None:
    """Find the names of classes in a YAML file, ``classes.txt`` or ``*.names``.

    Args:
        folders (Iterable[Path]): The folders, not searched any deeper.

    Returns:
        tuple[tuple[str, ...], Path] | None: The names and their file; None if there is
        none.

    Raises:
        UserError: If a file cannot be read, or two files differ.
    """
    found: dict[tuple[str, ...], Path] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()):
            names = _names_in(path)
            if names:
                found.setdefault(names, path)
    if len(found) > 1:
        (one, first), (other, second) = list(found.items())[:2]
        raise UserError(
            f'{str(first)!r} names {len(one)} classes and {str(second)!r} {len(other)} '
            'others: correct or remove one of them, or choose one with --classes.'
        )
    return next(iter(found.items()), None)


def _names_in(path: Path) -> tuple[str, ...] | None:
    suffix = path.suffix.lower()
    if suffix in YAML_SUFFIXES:
        return names_of_yaml(path)
    if path.name.lower() == 'classes.txt' or suffix == '.names':
        return read_class_names(path)
    return None


def read_class_names(path: Path) -> tuple[str, ...]:
    """Read the names of classes, one a line, or from a YAML file with ``names``.

    Raises:
        UserError: If there is no such file, or it names no class.
    """
    try:
        if path.suffix.lower() in YAML_SUFFIXES:
            names = names_of_yaml(path) or ()
        else:
            lines = path.read_text(encoding='utf-8-sig').splitlines()
            names = tuple(line.strip() for line in lines if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f'{str(path)!r} cannot be read ({error}): give the names of the classes, '
            'one a line.'
        ) from error
    if not names:
        raise UserError(f'{str(path)!r} names no class: add the names, one a line.')
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f'{str(path)!r} names the class {twice!r} twice: rename one.')
    return names


def names_of_yaml(path: Path) -> tuple[str, ...] | None:
    """Return the entry ``names`` of a YAML file; None without such an entry.

    Raises:
        UserError: If the file cannot be read, or a number is missing.
    """
    content = read_yaml(path)
    names = content.get('names')
    if isinstance(names, list):
        return tuple(map(str, names))
    if not isinstance(names, dict):
        return None
    if sorted(names) != list(range(len(names))):
        raise UserError(
            f'the classes in {str(path)!r} are not numbered 0, 1, ... without a gap: '
            'name the missing ones.'
        )
    return tuple(str(names[number]) for number in range(len(names)))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file; empty if it holds no mapping.

    Raises:
        UserError: If it cannot be read.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8-sig'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise UserError(f'{str(path)!r} cannot be read ({reason}).') from error
    return content if isinstance(content, dict) else {}
