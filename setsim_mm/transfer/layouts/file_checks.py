"""Whether files are there. Each check names those that are not."""

from collections.abc import Iterator
from dataclasses import dataclass

from .data_root import DataRoot, Problem, such_as


@dataclass(frozen=True)
class HeldFiles:
    """A folder holds files of a kind.

    Args:
        folder: The folder; they may be at any depth.
        suffix: What their names end in.
        remedy: How to get them.
    """

    folder: str
    suffix: str
    remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Name a folder without any."""
        if not root.names(self.folder, self.suffix):
            yield Problem(root / self.folder, f'holds no *{self.suffix}', self.remedy)


@dataclass(frozen=True)
class ListedFiles:
    """A text file names files, and those are there.

    Args:
        listing: The text file. Its lines are names, or ``name label``.
        folder: Where the files are.
        suffix: What is added to a name to get the file's.
        remedy: How to make what is missing.
        required: Whether the text file must be there.
    """

    listing: str
    folder: str
    suffix: str
    remedy: str
    required: bool = True

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Name a missing list, an empty one, and files that it names in vain."""
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
                f'{self.listing} names ({such_as(files)})',
                self.remedy,
            )


@dataclass(frozen=True)
class PairedFiles:
    """Every image has a file of labels, and the other way round.

    Args:
        images: Folder of the images, and what their names end in.
        labels: Folder of the labels, and what their names end in.
        remedy: How to make the labels.
        images_remedy: How to get the images.
    """

    images: tuple[str, str]
    labels: tuple[str, str]
    remedy: str
    images_remedy: str

    def problems(self, root: DataRoot) -> Iterator[Problem]:
        """Name folders without such files, and files that lack their counterpart."""
        images, labels = root.names(*self.images), root.names(*self.labels)
        for there, (folder, suffix), other, remedy in (
            (images, self.images, labels, self.images_remedy),
            (labels, self.labels, images, self.remedy),
        ):
            if not there:
                yield Problem(root / folder, f'holds no *{suffix}', remedy)
            elif other - there:
                missing = [name + suffix for name in other - there]
                yield Problem(
                    root / folder,
                    f'lacks {len(missing):,} files ({such_as(missing)})',
                    remedy,
                )
