"""A folder of packed images: what it holds, and whether all of it is there."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from mmengine.fileio import get_file_backend

from setsim_mm.utils.errors import UserError

from ..image_files import ImageFiles, names_of_classes, read_image_list

MANIFEST = 'packed_images.json'
LISTING = 'images.tsv'
VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """What a folder of packed images must hold to be whole.

    Args:
        format: ``lmdb`` or ``tar``; also the prefix by which mmengine finds the
            backend that reads the images.
        num_images: Number of images listed. None while they are being packed.
        files: Size in bytes of each file.
        version: Of this layout.
    """

    format: str
    num_images: int | None = None
    files: dict[str, int] | None = None
    version: int = VERSION

    def save(self, folder: str) -> None:
        """Write it to a folder, and to the disk."""
        with open(os.path.join(folder, MANIFEST), 'w', encoding='utf-8') as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())


def is_packed(folder: str) -> bool:
    """Say whether a folder holds packed images, whole or not."""
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


class PackedImages:
    """Images that :func:`~.packing.pack_images` has packed.

    They are named by URIs such as ``tar://FOLDER/000003.tar?512+9000#n01/a.JPEG``,
    which ``mmengine.fileio.get`` reads as it reads the path of a file.

    Args:
        folder: Where they are.

    Raises:
        UserError: If something of them is missing, or what reads them.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.manifest = _read_manifest(folder)
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
        """Return the URIs of all images, or of some classes, in the order of packing.

        Args:
            classes: Take only images whose first folder is one of these. None: all.

        Raises:
            FileNotFoundError: If there is no image of a class.
        """
        images = self._images()
        names = [name for name, _ in images]
        wanted = set(names_of_classes(names, classes, self.folder))
        return [self._uri(name, place) for name, place in images if name in wanted]

    def listed(self, ann_file: str, classes: Sequence[str] | None = None) -> list[str]:
        """Return the URIs of the images that an annotation file lists.

        Args:
            ann_file: See :func:`~..image_files.read_image_list`.
            classes: Take only images whose first folder is one of these. None: all.

        Raises:
            FileNotFoundError: If nothing is listed, nothing of a class is, or
                something is that was not packed.
        """
        names = names_of_classes(read_image_list(ann_file), classes, ann_file)
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
        """Read the name and the place of each image."""
        path = os.path.join(self.folder, LISTING)
        # No other newline than \n ends a line: what names may hold, pack_images says.
        with open(
            path, encoding='utf-8', errors='surrogateescape', newline='\n'
        ) as file:
            images = [tuple(line[:-1].split('\t')) for line in file]
        if len(images) != len(self) or any(len(image) != 2 for image in images):
            raise UserError(
                f'the packed images in {self.folder!r} are damaged ({LISTING} does not '
                f'list {len(self)} images): copy or pack them anew.'
            )
        return images

    def _uri(self, name: str, place: str) -> str:
        return f'{self.manifest.format}://{os.path.join(self.folder, place)}#{name}'


def images_in(folder: str) -> ImageFiles | PackedImages:
    """Return what a folder holds: packed images, or image files.

    Raises:
        UserError: If packed images are not whole.
    """
    return PackedImages(folder) if is_packed(folder) else ImageFiles(folder)


def _read_manifest(folder: str) -> Manifest:
    """Read what a folder of packed images must hold.

    Raises:
        UserError: If it cannot be read, or packing has not come to its end.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding='utf-8') as file:
            values = json.load(file)
        version = values['version']
        manifest = Manifest(**values) if version == VERSION else None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f'{path!r} cannot be read ({type(error).__name__}: {error}): copy or pack '
            'the images anew.'
        ) from error
    if manifest is None:
        raise UserError(
            f'the images in {folder!r} were packed by another version of setsim_mm '
            f'(layout {version}, here {VERSION}): pack them anew.'
        )
    if manifest.files is None:
        raise UserError(
            f'{folder!r} holds images that were not packed to the end: remove it and '
            'pack them again.'
        )
    return manifest
