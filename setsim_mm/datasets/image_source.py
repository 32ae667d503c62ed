"""Base class for the images of a folder: all, those of some classes, or a list."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from .image_lists import read_image_list


class ImageSource(ABC):
    """A folder of images.

    Args:
        folder: The folder. The name of an image is its path in it.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @abstractmethod
    def found(self, classes: Sequence[str] | None = None) -> list[str]:
        """Return the locations of all images, or of those of some classes.

        Args:
            classes: Names of direct subfolders. None: all images.

        Returns:
            Paths or URIs for ``mmengine.fileio.get``, in a deterministic order.

        Raises:
            FileNotFoundError: If there is no image, or no folder of a class.
        """

    @abstractmethod
    def name_of(self, location: str) -> str:
        """Return the name of an image: its path in the folder, also if it is packed.

        Args:
            location: A result of :meth:`found` or :meth:`listed`.
        """

    def listed(
        self,
        ann_file: str,
        classes: Sequence[str] | None = None,
        allow_paths_outside: bool = False,
    ) -> list[str]:
        """Return the locations of the images in an annotation file.

        Args:
            ann_file: See :func:`read_image_list`. Its paths are relative to the folder.
            classes: Names of direct subfolders. None: all images.
            allow_paths_outside: See :func:`read_image_list`.

        Returns:
            Paths or URIs for ``mmengine.fileio.get``, in the order of the list.

        Raises:
            FileNotFoundError: If no image, or none of a class, is listed, or listed
                images do not exist.
            UserError: If a path is outside the folder.
        """
        names = read_image_list(ann_file, allow_paths_outside)
        return self._located(names_of_classes(names, classes, ann_file), ann_file)

    @abstractmethod
    def _located(self, names: Sequence[str], ann_file: str) -> list[str]:
        """Return the locations of listed images; raise an error if they are missing."""


def names_of_classes(
    names: Sequence[str], classes: Sequence[str] | None, where: str
) -> Sequence[str]:
    """Return the names of the images of some classes; None: of all.

    Raises:
        FileNotFoundError: If ``where``, which lists the names, has no images, or none
            of a class.
    """
    if classes is not None:
        check_classes(classes, {_class_of(name) for name in names}, where)
        selected = set(classes)
        names = [name for name in names if _class_of(name) in selected]
    if not names:
        raise FileNotFoundError(
            f'{where!r} lists no image, or none of the classes: correct data_root and '
            "ann_file, or set ann_file='' to use every image in the folder"
        )
    return names


def check_classes(
    classes: Sequence[str], existing: Collection[str], where: str
) -> None:
    """Raise a FileNotFoundError that names ``where`` if a class does not exist."""
    missing = sorted(set(classes).difference(existing))
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of the {len(classes)} classes are not in '
            f'{where!r}, such as {missing[0]!r}: correct data_root or classes'
        )


def _class_of(name: str) -> str:
    return name.split('/', 1)[0]
