"""The description of a data set."""

from typing import NamedTuple

from .content_checks import CocoAnnotations, LabelImages, VocBoxes
from .file_checks import HeldFiles, ListedFiles, PairedFiles

Check = HeldFiles | ListedFiles | PairedFiles | LabelImages | VocBoxes | CocoAnnotations


class Part(NamedTuple):
    """A part of a data set whose images are counted.

    Args:
        name: Its name in the data set.
        official: Its official number of images.
        listing: Text file with the names of the images, or folder of the images.
        suffix: Suffix of the images if ``listing`` is a folder.
    """

    name: str
    official: int
    listing: str
    suffix: str = ''


class DatasetLayout(NamedTuple):
    """The files of a data set that a benchmark reads.

    Args:
        folder: Its folder below the data root.
        source: How to get it.
        parts: The parts that are counted.
        checks: The checks that must pass.
    """

    folder: str
    source: str
    parts: tuple[Part, ...]
    checks: tuple[Check, ...]
