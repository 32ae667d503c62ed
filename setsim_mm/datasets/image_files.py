"""Finding the image files of a data set."""

import logging
import os
from collections.abc import Sequence

from mmengine.logging import print_log

from setsim_mm.utils.printable import printable

from .image_lists import IMAGE_SUFFIXES, is_image
from .image_source import ImageSource, check_classes
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


class ImageFiles(ImageSource):
    """The image files below a folder, at any depth."""

    def found(self, classes: Sequence[str] | None = None) -> list[str]:
        """Return the paths of all images, or of those of some classes, sorted."""
        folder = self.folder
        if classes is None:
            paths = find_images(folder)
        else:
            check_classes(classes, _folders_in(folder), folder)
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

    def _located(self, names: Sequence[str], ann_file: str) -> list[str]:
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


def _folders_in(folder: str) -> set[str]:
    """Return the names of the folders directly in a folder, and of links to some."""
    return {name for name in os.listdir(folder) if os.path.isdir(f'{folder}/{name}')}
