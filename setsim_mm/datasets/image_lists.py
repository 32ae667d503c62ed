"""Names of images, and lists of them of which others may have written any line."""

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
# In characters. Linux takes paths of 4,096 bytes at most.
LONGEST_LINE = 2**13


def is_image(path: str) -> bool:
    """Return whether a name ends in an image suffix, in either case."""
    return path.lower().endswith(IMAGE_SUFFIXES)


def read_image_list(ann_file: str, allow_paths_outside: bool = False) -> list[str]:
    """Return the image paths that an annotation file lists, in its order.

    A line is ``path`` or ``path label``, as in ImageNet's ``meta/train.txt``. The path
    may contain blanks: a line that ends in an image suffix is a path, any other line
    is split at its last blank, and the label is not used.

    Args:
        ann_file: A text file in UTF-8. Other bytes are kept: they may be those of a
            name.
        allow_paths_outside: Whether paths may be absolute or climb by ``..`` out of the
            folder that they are relative to.

    Raises:
        UserError: If a line is too long, or its path leads out of the folder.
    """
    names = []
    for number, line in enumerate(read_lines(ann_file, encoding='utf-8-sig'), 1):
        line = line.strip()
        if not line:
            continue
        name = line if is_image(line) else line.rsplit(maxsplit=1)[0]
        if not allow_paths_outside and _leads_outside(name):
            raise UserError(
                f'line {number} of {ann_file!r} leads out of the image folder '
                f'({name!r:.300}): correct it, or set allow_paths_outside=True of the '
                'data set if you trust the list.'
            )
        names.append(name)
    return names


def read_lines(path: str, **options: str) -> Iterator[str]:
    """Yield the lines of a text file, as :func:`open` does, if they are not endless.

    Args:
        path: Of a regular file.
        **options: ``encoding`` and ``newline`` for :func:`open`.

    Raises:
        OSError: If it cannot be opened, or is no regular file.
        UserError: If a line is too long.
    """
    with open(path, errors='surrogateescape', opener=regular_file, **options) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise UserError(
                    f'line {number} of {path!r} has more than {LONGEST_LINE:,} '
                    'characters: it is no list of images, choose another file.'
                )
            yield line


def _leads_outside(name: str) -> bool:
    """Whether a path, joined to a folder, may lead out of it.

    A link inside the folder may lead anywhere: its owner has made it.
    """
    if os.path.isabs(name) or '://' in name:
        return True
    # Cheap, for the million names of ImageNet.
    return '..' in name and os.path.normpath(name).split('/', 1)[0] == '..'
