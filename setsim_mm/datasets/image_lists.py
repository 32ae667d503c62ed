"""Image suffixes, and reading untrusted lists of image paths."""

import os
from collections.abc import Iterator

from setsim_mm.utils.errors import UserError

from .regular_files import regular_file

# torchvision's list (torchvision.datasets.folder.IMG_EXTENSIONS) and GIF.
IMAGE_SUFFIXES = (
    '.jpg',
    '.jpeg',
    '.png',
    '.ppm',
    '.bmp',
    '.pgm',
    '.tif',
    '.tiff',
    '.webp',
    '.gif',
)
# Of images with any number of channels, which may also be NumPy arrays.
CHANNEL_SUFFIXES = (*IMAGE_SUFFIXES, '.npy')
# In characters. A path on Linux has at most 4,096 bytes.
MAX_LINE = 2**13


def is_image(path: str) -> bool:
    """Return whether a name ends in an image suffix, in upper or lower case."""
    return path.lower().endswith(IMAGE_SUFFIXES)


def read_image_list(ann_file: str, allow_paths_outside: bool = False) -> list[str]:
    """Return the image paths of an annotation file, in its order.

    A line is ``path`` or ``path label``, as in ImageNet's ``meta/train.txt``. A line
    that ends in an image suffix is a path, which may contain spaces. Any other line is
    split at its last space; the label is not used.

    Args:
        ann_file: A text file in UTF-8. Bytes that are not UTF-8 are kept.
        allow_paths_outside: Whether paths may be absolute or leave the image folder
            through ``..``.

    Raises:
        UserError: If a line is too long, or its path is outside the image folder.
    """
    names = []
    for number, line in enumerate(read_lines(ann_file, encoding='utf-8-sig'), 1):
        line = line.strip()
        if not line:
            continue
        is_path = line.lower().endswith(CHANNEL_SUFFIXES)
        name = line if is_path else line.rsplit(maxsplit=1)[0]
        if not allow_paths_outside and _is_outside(name):
            raise UserError(
                f'the path in line {number} of {ann_file!r} is outside the image '
                f'folder ({name!r:.300}): correct it, or set allow_paths_outside=True '
                'of the data set if you trust the list.'
            )
        names.append(name)
    return names


def read_lines(path: str, encoding: str, newline: str | None = None) -> Iterator[str]:
    """Yield the lines of a text file and check their length.

    Args:
        path: Path of a regular file.
        encoding: See :func:`open`.
        newline: See :func:`open`.

    Raises:
        OSError: If it cannot be opened, or is not a regular file.
        UserError: If a line is too long.
    """
    with open(
        path,
        encoding=encoding,
        errors='surrogateescape',
        newline=newline,
        opener=regular_file,
    ) as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise UserError(
                    f'line {number} of {path!r} has more than {MAX_LINE:,} characters: '
                    'the file is not a list of images, choose another one.'
                )
            yield line


def _is_outside(name: str) -> bool:
    """Return whether a path, joined to a folder, may be outside it.

    Links inside the folder are trusted.
    """
    if os.path.isabs(name) or '://' in name:
        return True
    # The first test is cheap; ImageNet has a million names.
    return '..' in name and os.path.normpath(name).split('/', 1)[0] == '..'
