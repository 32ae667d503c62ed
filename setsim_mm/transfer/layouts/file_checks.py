"""Checks that files exist. Each yields what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass

from setsim_mm.utils.printable import some_of

from .data_root import DataRoot, Problem


@dataclass(frozen=True)
class HeldFiles:
    """Check that a folder contains files of a kind.

    Args:
        folder: The folder; the files may be at any depth.
        suffix: End of the files' names.
        remedy: How to get the files.
    """

    folder: str
    suffix: str
    remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Yield a problem if there is no such file."""
        if not root.names(self.folder, self.suffix):
            yield Problem(root / self.folder, f'holds no *{self.suffix}', self.remedy)


@dataclass(frozen=True)
class ListedFiles:
    """Check that the files in a list exist.

    Args:
        listing: A text file. Its lines are ``name`` or ``name label``.
        folder: The folder of the listed files.
        suffix: Suffix to add to each name.
        remedy: How to get the missing files.
        required: Whether the text file must exist.
    """

    listing: str
    folder: str
    suffix: str
    remedy: str
    required: bool = True

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Yield a missing list, an empty list, and listed files that are missing."""
        if not (root / self.listing).is_file():
            if self.required:
                yield Problem(root / self.listing, 'is missing', self.remedy)
            return
        names = {line.split()[0] for line in root.lines(self.listing)}
        if not names:
            yield Problem(root / self.listing, 'names no file', self.remedy)
        missing = names - root.names(self.folder, self.suffix)
        if missing:
            files = [name + self.suffix for name in missing]
            yield Problem(
                root / self.folder,
                f'lacks {len(missing):,} of the {len(names):,} files that '
                f'{self.listing} names ({some_of(sorted(files), separator=", ")})',
                self.remedy,
            )


@dataclass(frozen=True)
class PairedFiles:
    """Check that every image has a file of labels, and every file of labels an image.

    Args:
        images: Folder and suffix of the images.
        labels: Folder and suffix of the labels.
        remedy: How to make the labels.
        images_remedy: How to get the images.
    """

    images: tuple[str, str]
    labels: tuple[str, str]
    remedy: str
    images_remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Yield folders without such files, and files without a counterpart."""
        images, labels = root.names(*self.images), root.names(*self.labels)
        for existing, (folder, suffix), other, remedy in (
            (images, self.images, labels, self.images_remedy),
            (labels, self.labels, images, self.remedy),
        ):
            if not existing:
                yield Problem(root / folder, f'holds no *{suffix}', remedy)
            elif other - existing:
                missing = [name + suffix for name in other - existing]
                yield Problem(
                    root / folder,
                    f'lacks {len(missing):,} files '
                    f'({some_of(sorted(missing), separator=", ")})',
                    remedy,
                )
