"""A folder of packed images: what it holds, and whether all of it is there."""

import os
from collections.abc import Callable, Iterable, Sequence

from mmengine.fileio import get_file_backend

from setsim_mm.utils.errors import UserError

from ..image_files import ImageFiles
from ..image_lists import read_lines
from ..image_source import ImageSource, names_of_classes
from . import lmdb_file, tar_shards
from .manifest import LISTING, MANIFEST, read_manifest

IS_PLACE: dict[str, Callable[[str, dict[str, int]], bool]] = dict(
    lmdb=lmdb_file.is_place, tar=tar_shards.is_place
)


def is_packed(folder: str) -> bool:
    """Return whether a folder holds packed images, whole or not."""
    return os.path.isfile(os.path.join(folder, MANIFEST))


def save_listing(folder: str, images: Iterable[tuple[str, str]]) -> None:
    """Write which images there are, in their order, and where each is.

    Args:
        folder: Of the packed images.
        images: The name of each image, which is its path in the folder it came
            from, and its place: the part of its URI between folder and name.
    """
    path = os.path.join(folder, LISTING)
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as file:
        file.writelines(f'{name}\t{place}\n' for name, place in images)
        file.flush()
        os.fsync(file.fileno())


class PackedImages(ImageSource):
    """Images that :func:`~.packing.pack_images` has packed.

    They are named by URIs such as ``tar://FOLDER/000003.tar?512+9000#n01/a.JPEG``,
    which ``mmengine.fileio.get`` reads as it reads the path of a file.

    Args:
        folder: Where they are.

    Raises:
        UserError: If something of them is missing, or what reads them.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.manifest = read_manifest(folder)
        # LMDB reads a file by mapping it into memory: if it ends too early, the whole
        # process would be killed by a signal, in the middle of an epoch.
        for name, size in self.manifest.files.items():
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or os.path.getsize(path) != size:
                raise UserError(
                    f'the packed images in {folder!r} are damaged ({name} is missing '
                    f'or has not its {size} bytes): copy or pack them anew.'
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
        wanted = set(names_of_classes(names, classes, self.folder))
        return [self._uri(name, place) for name, place in images if name in wanted]

    def _located(self, names: Sequence[str], ann_file: str) -> list[str]:
        places = dict(self._images())
        missing = [name for name in names if name not in places]
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} of the {len(names)} images that {ann_file!r} lists '
                f'are not among the {len(self)} packed in {self.folder!r}, such as '
                f"{missing[0]!r}: pack them anew, or set ann_file to '' to take all "
                'that are packed'
            )
        return [self._uri(name, places[name]) for name in names]

    def _images(self) -> list[tuple[str, str]]:
        """Read the name and the place of each image.

        Raises:
            UserError: If there are too many or too few, or a place is not in one of
                the files of the manifest.
        """
        manifest, images = self.manifest, []
        is_place = IS_PLACE[manifest.format]
        path = os.path.join(self.folder, LISTING)
        # No other newline than \n ends a line: what names may hold, pack_images says.
        for line in read_lines(path, encoding='utf-8', newline='\n'):
            image = tuple(line[:-1].split('\t'))
            is_line = line[-1] == '\n' and len(image) == 2
            if not (is_line and is_place(image[1], manifest.files)):
                raise UserError(
                    f'the packed images in {self.folder!r} are damaged (line '
                    f'{len(images) + 1} of {LISTING} leads to no image of theirs: '
                    f'{line!r:.300}): copy or pack them anew.'
                )
            images.append(image)
        if len(images) != len(self):
            raise UserError(
                f'the packed images in {self.folder!r} are damaged ({LISTING} does not '
                f'list {len(self)} images): copy or pack them anew.'
            )
        return images

    def _uri(self, name: str, place: str) -> str:
        return f'{self.manifest.format}://{os.path.join(self.folder, place)}#{name}'


def images_in(folder: str) -> ImageSource:
    """Return what a folder holds: packed images, or image files.

    Raises:
        UserError: If packed images are not whole.
    """
    return PackedImages(folder) if is_packed(folder) else ImageFiles(folder)
