"""Find the image files of a data set."""

import logging
import os
from collections.abc import Sequence

from mmengine.logging import print_log

from setsim_mm.utils.printable import printable, some_of

from .image_lists import IMAGE_SUFFIXES
from .image_source import ImageSource, check_classes
from .regular_files import regular_files_below


def find_images(*folders: str, suffixes: Sequence[str] = IMAGE_SUFFIXES) -> list[str]:
    """Return the sorted paths of all images in folders and their subfolders.

    Images are regular files with one of some suffixes, in upper or lower case. Links
    are followed. Hidden files and folders are ignored. What cannot be read is skipped
    with a warning.

    Args:
        *folders: Folders to search. The paths begin with them.
        suffixes: Suffixes in lower case. Defaults to
            :data:`~.image_lists.IMAGE_SUFFIXES`.

    Raises:
        OSError: If one of ``folders`` cannot be read.
    """
    files, skipped = regular_files_below(folders)
    if skipped:
        named = some_of(map(printable, sorted(skipped)), separator=', ')
        print_log(
            f'skipped {len(skipped)} paths that cannot be read, are not regular files, '
            f'or are broken or circular links: {named}',
            logger='current',
            level=logging.WARNING,
        )
    ends = tuple(suffixes)
    return sorted(path for path in files if path.lower().endswith(ends))


class ImageFiles(ImageSource):
    """The image files in a folder and its subfolders.

    Args:
        folder: See :class:`.ImageSource`.
        suffixes: See :func:`find_images`.
    """

    def __init__(self, folder: str, suffixes: Sequence[str] = IMAGE_SUFFIXES) -> None:
        super().__init__(folder)
        self.suffixes = suffixes

    def found(self, classes: Sequence[str] | None = None) -> list[str]:
        """Return the sorted paths of all images, or of those of some classes."""
        folder = self.folder
        if classes is None:
            paths = find_images(folder, suffixes=self.suffixes)
        else:
            check_classes(classes, _folders_in(folder), folder)
            parts = (os.path.join(folder, name) for name in set(classes))
            paths = find_images(*parts, suffixes=self.suffixes)
        if not paths:
            files, _ = regular_files_below([folder])
            there = sorted({os.path.splitext(path)[1].lower() for path in files})
            raise FileNotFoundError(
                f'there is no image in {folder!r} or its subfolders (suffixes found: '
                f'{printable(", ".join(there[:20])) or "none"}): set data_root to a '
                'folder with files that end in '
                f'{", ".join(self.suffixes)}'
            )
        return paths

    def name_of(self, location: str) -> str:
        """See :meth:`.ImageSource.name_of`."""
        return location.removeprefix(os.path.join(self.folder, ''))

    def _located(self, names: Sequence[str], ann_file: str) -> list[str]:
        paths = [os.path.join(self.folder, name) for name in names]
        # Checking a million files takes minutes on a network disk. A few show a wrong
        # folder; single missing files count as unreadable later.
        some = paths[:: max(1, len(paths) // 16)]
        if not any(os.path.isfile(path) for path in some):
            raise FileNotFoundError(
                f'the annotation file {ann_file!r} lists images that do not exist, '
                f'such as {paths[0]!r}: correct data_root and data_prefix'
            )
        return paths


def _folders_in(folder: str) -> set[str]:
    """Return the names of the direct subfolders, links included."""
    return {name for name in os.listdir(folder) if os.path.isdir(f'{folder}/{name}')}
