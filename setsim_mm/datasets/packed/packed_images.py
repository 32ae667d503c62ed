"""A folder of packed images: its completeness and its images."""

import os
from collections.abc import Callable, Iterable, Sequence

from mmengine.fileio import get_file_backend

from setsim_mm.utils.errors import UserError

from ..image_files import ImageFiles
from ..image_lists import IMAGE_SUFFIXES, read_lines
from ..image_source import ImageSource, names_of_classes
from . import lmdb_file, tar_shards
from .manifest import LISTING, MANIFEST, read_manifest

IS_LOCATION: dict[str, Callable[[str, dict[str, int]], bool]] = dict(
    lmdb=lmdb_file.is_location, tar=tar_shards.is_location
)


def is_packed(folder: str) -> bool:
    """Return whether a folder has packed images, complete or not."""
    return os.path.isfile(os.path.join(folder, MANIFEST))


def save_listing(folder: str, images: Iterable[tuple[str, str]]) -> None:
    """Write the name and the location of each image, in their order.

    The name is the path in the original folder, the location is the part of the URI
    between folder and name.
    """
    path = os.path.join(folder, LISTING)
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as file:
        file.writelines(f'{name}\t{location}\n' for name, location in images)
        file.flush()
        os.fsync(file.fileno())


class PackedImages(ImageSource):
    """Images packed by :func:`~.packing.pack_images`.

    Their locations are URIs such as ``tar://FOLDER/000003.tar?512+9000#n01/a.JPEG`` for
    ``mmengine.fileio.get``.

    Args:
        folder: Folder of the packed images.

    Raises:
        UserError: If a file is missing or damaged, or the package that reads it is not
            installed.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.manifest = read_manifest(folder)
        # LMDB maps a file into memory: reading a truncated one would kill the process
        # with a signal.
        for name, size in self.manifest.files.items():
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or os.path.getsize(path) != size:
                raise UserError(
                    f'the packed images in {folder!r} are damaged ({name} is missing '
                    f'or does not have {size} bytes): copy or pack them again.'
                )
        get_file_backend(f'{self.manifest.format}://', enable_singleton=True)

    def __len__(self) -> int:
        return self.manifest.num_images

    def names(self) -> list[str]:
        """Return the names of all images, in the order of packing."""
        return [name for name, _ in self._images()]

    def found(self, classes: Sequence[str] | None = None) -> list[str]:
        """Return the URIs of all images, or of some classes, in the packed order."""
        images = self._images()
        names = [name for name, _ in images]
        selected = set(names_of_classes(names, classes, self.folder))
        return [
            self._uri(name, location) for name, location in images if name in selected
        ]

    def name_of(self, location: str) -> str:
        """See :meth:`.ImageSource.name_of`."""
        return location.partition('#')[2]

    def _located(self, names: Sequence[str], ann_file: str) -> list[str]:
        locations = dict(self._images())
        missing = [name for name in names if name not in locations]
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} of the {len(names)} images that {ann_file!r} lists '
                f'are not among the {len(self)} packed in {self.folder!r}, such as '
                f"{missing[0]!r}: pack them again, or set ann_file='' to use all "
                'packed images'
            )
        return [self._uri(name, locations[name]) for name in names]

    def _images(self) -> list[tuple[str, str]]:
        """Read the name and the location of each image.

        Raises:
            UserError: If their number is wrong, or a location is not in a file of the
                manifest.
        """
        manifest, images = self.manifest, list[tuple[str, str]]()
        is_location = IS_LOCATION[manifest.format]
        path = os.path.join(self.folder, LISTING)
        # Only \n ends a line: names may contain other line separators.
        for line in read_lines(path, encoding='utf-8', newline='\n'):
            name, _, location = line[:-1].partition('\t')
            if line[-1] != '\n' or not is_location(location, manifest.files):
                raise UserError(
                    f'the packed images in {self.folder!r} are damaged (line '
                    f'{len(images) + 1} of {LISTING} is not the location of an image: '
                    f'{line!r:.300}): copy or pack them again.'
                )
            images.append((name, location))
        if len(images) != len(self):
            raise UserError(
                f'the packed images in {self.folder!r} are damaged ({LISTING} does not '
                f'list {len(self)} images): copy or pack them again.'
            )
        return images

    def _uri(self, name: str, location: str) -> str:
        return f'{self.manifest.format}://{os.path.join(self.folder, location)}#{name}'


def images_in(folder: str, suffixes: Sequence[str] = IMAGE_SUFFIXES) -> ImageSource:
    """Return the images of a folder, packed or as files.

    Args:
        folder: The folder.
        suffixes: Of image files; see :func:`~..image_files.find_images`.

    Raises:
        UserError: If packed images are incomplete.
    """
    return PackedImages(folder) if is_packed(folder) else ImageFiles(folder, suffixes)
