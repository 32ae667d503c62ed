"""Finding the image files of a data set."""

import os
from collections.abc import Iterator, Sequence

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


def find_images(folder: str) -> list[str]:
    """Return the paths of all images below a folder, sorted.

    A file counts as an image by its suffix, in either case. Links are followed,
    hidden files and folders are left out.

    Args:
        folder: Where to search, at any depth.

    Returns:
        Paths that begin with ``folder``.
    """
    return sorted(p for p in _files_below(folder, frozenset()) if _is_image(p))


def read_image_list(ann_file: str) -> list[str]:
    """Return the image paths that an annotation file lists, in its order.

    A line is ``path`` or ``path label``, as in ImageNet's ``meta/train.txt``. The path
    may contain blanks: a line that ends in an image suffix is a path, any other line
    is split at its last blank, and the label is not used.

    Args:
        ann_file: A text file in UTF-8.
    """
    with open(ann_file, encoding='utf-8-sig') as file:
        lines = [line.strip() for line in file]
    return [
        line if _is_image(line) else line.rsplit(maxsplit=1)[0]
        for line in lines
        if line
    ]


class ImageFiles:
    """The image files below a folder.

    Args:
        folder: Where they are, at any depth.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def found(self, classes: Sequence[str] | None = None) -> list[str]:
        """Return the paths of all images, or of those in some class folders, sorted.

        Args:
            classes: Names of folders directly below the folder. None: all of it.

        Raises:
            FileNotFoundError: If there is no image, or no folder for a class.
        """
        folder = self.folder
        if classes is None:
            paths = find_images(folder)
        else:
            there = {entry.name for entry in os.scandir(folder) if entry.is_dir()}
            _check_classes(classes, there, folder)
            folders = [os.path.join(folder, name) for name in set(classes)]
            paths = sorted(path for below in folders for path in find_images(below))
        if not paths:
            files = _files_below(folder, frozenset())
            suffixes = sorted({os.path.splitext(path)[1].lower() for path in files})
            raise FileNotFoundError(
                f'no image found below {folder!r} '
                f'({", ".join(suffixes) or "no file at all"}): set data_root to a '
                f'folder with files that end in {", ".join(IMAGE_SUFFIXES)}'
            )
        return paths

    def listed(self, ann_file: str, classes: Sequence[str] | None = None) -> list[str]:
        """Return the paths that an annotation file lists, or those of some classes.

        Args:
            ann_file: See :func:`read_image_list`; its paths are relative to the
                folder.
            classes: Take only paths whose first folder is one of these. None: all.

        Raises:
            FileNotFoundError: If nothing is listed, nothing of a class is, or the
                images are not there.
        """
        names = names_of_classes(read_image_list(ann_file), classes, ann_file)
        paths = [os.path.join(self.folder, name) for name in names]
        # Asking for each of a million files takes minutes on a network disk. A wrong
        # folder shows on a few, and single missing files count as unreadable later.
        some = paths[:: max(1, len(paths) // 16)]
        if not any(os.path.isfile(path) for path in some):
            raise FileNotFoundError(
                f'the annotation file {ann_file!r} lists images that are not there, '
                f'such as {paths[0]!r}: correct data_root and data_prefix'
            )
        return paths


def names_of_classes(
    names: Sequence[str], classes: Sequence[str] | None, where: str
) -> Sequence[str]:
    """Return the names that begin with the folder of one of some classes.

    Args:
        names: Paths of images, relative to the folder of the class folders.
        classes: Names of class folders. None: all names.
        where: The file or folder that lists them.

    Raises:
        FileNotFoundError: If there are none, or none of one of the classes.
    """
    if classes is not None:
        _check_classes(classes, {_class_of(name) for name in names}, where)
        wanted = set(classes)
        names = [name for name in names if _class_of(name) in wanted]
    if not names:
        raise FileNotFoundError(
            f'{where!r} lists no image, or none of the classes asked for: correct '
            "data_root and ann_file, or set ann_file to '' to take every image of the "
            'folder'
        )
    return names


def _class_of(name: str) -> str:
    return name.split('/', 1)[0]


def _check_classes(classes: Sequence[str], there: set[str], where: str) -> None:
    missing = sorted(set(classes) - there)
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of the {len(classes)} classes asked for are not in '
            f'{where!r}, such as {missing[0]!r}: correct data_root or classes'
        )


def _is_image(path: str) -> bool:
    return path.lower().endswith(IMAGE_SUFFIXES)


def _files_below(folder: str, parents: frozenset[str]) -> Iterator[str]:
    """Yield the files below ``folder``; ``parents`` are the folders it lies in."""
    here = os.path.realpath(folder)
    if here in parents:
        return  # a link that leads back up
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith('.'):
                continue
            if entry.is_dir():
                yield from _files_below(entry.path, parents | {here})
            else:
                yield entry.path
