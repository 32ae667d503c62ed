"""The images that a data set takes from a folder: all, some classes, or a list."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from .image_lists import read_image_list


class ImageSource(ABC):
    """A folder of images, whose names are their paths in it.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @abstractmethod
    def found(self, classes: Sequence[str] | None = None) -> list[str]:
        """Return where all images are, or those of some classes.

        Args:
            classes: Names of folders directly below the folder. None: all of it.

        Returns:
            What ``mmengine.fileio.get`` reads, in an order that is always the same.

        Raises:
            FileNotFoundError: If there is no image, or no folder for a class.
        """

    def listed(
        self,
        ann_file: str,
        classes: Sequence[str] | None = None,
        allow_paths_outside: bool = False,
    ) -> list[str]:
        """Return where the images are that an annotation file lists.

        Args:
            ann_file: See :func:`read_image_list`; its paths are relative to the
                folder.
            classes: Take only images whose first folder is one of these. None: all.
            allow_paths_outside: See :func:`read_image_list`.

        Returns:
            What ``mmengine.fileio.get`` reads, in the order of the list.

        Raises:
            FileNotFoundError: If nothing is listed, nothing of a class is, or listed
                images are not there.
            UserError: If a path leads out of the folder.
        """
        names = read_image_list(ann_file, allow_paths_outside)
        return self._located(names_of_classes(names, classes, ann_file), ann_file)

    @abstractmethod
    def _located(self, names: Sequence[str], ann_file: str) -> list[str]:
        """Return where listed images are; raise FileNotFoundError without them."""


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
        check_classes(classes, {_class_of(name) for name in names}, where)
        wanted = set(classes)
        names = [name for name in names if _class_of(name) in wanted]
    if not names:
        raise FileNotFoundError(
            f'{where!r} lists no image, or none of the classes asked for: correct '
            "data_root and ann_file, or set ann_file to '' to take every image of the "
            'folder'
        )
    return names


def check_classes(classes: Sequence[str], there: Collection[str], where: str) -> None:
    """Raise an error if a class is missing.

    Args:
        classes: Names of class folders.
        there: Those that exist.
        where: The file or folder that they are in.

    Raises:
        FileNotFoundError: If one does not exist.
    """
    missing = sorted(set(classes).difference(there))
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of the {len(classes)} classes asked for are not in '
            f'{where!r}, such as {missing[0]!r}: correct data_root or classes'
        )


def _class_of(name: str) -> str:
    return name.split('/', 1)[0]
