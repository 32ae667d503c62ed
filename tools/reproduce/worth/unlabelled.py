"""The images of pre-training, without those that are held out."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from setsim_mm.datasets.image_files import find_images
from setsim_mm.runs.settings import digest
from setsim_mm.utils import UserError
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.file_digest import file_sha256


class UnlabelledImages:
    """The image files in a folder and its subfolders.

    Args:
        root (Path): The folder.

    Raises:
        UserError: If there is no folder, or no image in it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        if not self.root.is_dir():
            raise UserError(
                f'there is no folder {str(root)!r}: give the folder of images to '
                'pre-train on.'
            )
        paths = find_images(str(self.root))
        if not paths:
            raise UserError(
                f'there is no image file in {str(root)!r}: give a folder of images to '
                'pre-train on, which are not packed.'
            )
        self.sizes = {
            os.path.relpath(path, self.root): os.path.getsize(path) for path in paths
        }
        self._digests: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """Digest of all names and sizes in bytes."""
        return digest(self.sizes)

    def copies_of(self, images: Iterable[str]) -> set[str]:
        """Return the names of files with the same content as one of some images.

        Only files of the same size are read.

        Args:
            images (Iterable[str]): Paths of images, anywhere.
        """
        images = list(images)
        sizes = {os.path.getsize(path) for path in images}
        contents = {file_sha256(path) for path in images}
        return {
            name
            for name, size in self.sizes.items()
            if size in sizes and self._digest_of(name) in contents
        }

    def write_list(self, path: Path, left_out: Sequence[str] | set[str]) -> int:
        """Write the names of the images that are not left out, one a line.

        Args:
            path (Path): The file. Its folder is created.
            left_out (Sequence[str] | set[str]): Names that are left out.

        Returns:
            int: The number of names.

        Raises:
            UserError: If none is left.
        """
        names = [name for name in self.sizes if name not in left_out]
        if not names:
            raise UserError(
                f'every image in {str(self.root)!r} is held out, so that none is left '
                'to pre-train on: add others, or hold out fewer.'
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_whole(path, '\n'.join(names) + '\n')
        return len(names)

    def _digest_of(self, name: str) -> str:
        if name not in self._digests:
            self._digests[name] = file_sha256(self.root / name)
        return self._digests[name]
