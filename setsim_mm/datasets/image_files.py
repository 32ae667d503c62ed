"""Finding the image files of a data set."""

import logging
import os
from collections.abc import Sequence

from mmengine.logging import print_log

from setsim_mm.utils.printable import printable

from .image_lists import IMAGE_SUFFIXES, is_image, read_image_list
from .regular_files import regular_files_below

NAMED = 3  # of what is many, in one message


def find_images(*folders: str) -> list[str]:
    """Return the paths of all images below some folders, sorted.

    A regular file counts as an image by its suffix, in either case. Links are
    followed, hidden files and folders are left out. Whatever cannot be followed or
    read is passed over, which one line in the log reports.

    Args:
        *folders: Where to search, at any depth.

    Returns:
        Paths that begin with one of ``folders``.

    Raises:
        OSError: If one of ``folders`` cannot be read.
    """
    files, passed_over = regular_files_below(folders)
    if passed_over:
        named = ', '.join(printable(path) for path in sorted(passed_over)[:NAMED])
        print_log(
            f'passed over ({len(passed_over)}), because they cannot be read, are no '
            'regular files, or are links that lead in a circle or nowhere: '
            f'{named}{", ..." if len(passed_over) > NAMED else ""}',
            logger='current',
            level=logging.WARNING,
        )
    return sorted(filter(is_image, files))


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
            _check_classes(classes, _folders_in(folder), folder)
            paths = find_images(*(os.path.join(folder, name) for name in set(classes)))
        if not paths:
            files, _ = regular_files_below([folder])
            suffixes = sorted({os.path.splitext(path)[1].lower() for path in files})
            raise FileNotFoundError(
                f'no image found below {folder!r} '
                f'({printable(", ".join(suffixes[:20])) or "no file at all"}): set '
                'data_root to a folder with files that end in '
                f'{", ".join(IMAGE_SUFFIXES)}'
            )
        return paths

    def listed(
        self,
        ann_file: str,
        classes: Sequence[str] | None = None,
        allow_paths_outside: bool = False,
    ) -> list[str]:
        """Return the paths that an annotation file lists, or those of some classes.

        Args:
            ann_file: See :func:`read_image_list`; its paths are relative to the
                folder.
            classes: Take only paths whose first folder is one of these. None: all.
            allow_paths_outside: See :func:`read_image_list`.

        Raises:
            FileNotFoundError: If nothing is listed, nothing of a class is, or the
                images are not there.
            UserError: If a path leads out of the folder.
        """
        names = read_image_list(ann_file, allow_paths_outside)
        names = names_of_classes(names, classes, ann_file)
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


def _folders_in(folder: str) -> set[str]:
    """Return the names of the folders directly in a folder, and of links to some."""
    return {name for name in os.listdir(folder) if os.path.isdir(f'{folder}/{name}')}
