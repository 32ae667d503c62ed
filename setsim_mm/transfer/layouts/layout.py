"""What is said of a data set."""

from typing import NamedTuple

from .content_checks import CocoAnnotations, LabelImages, VocBoxes
from .file_checks import HeldFiles, ListedFiles, PairedFiles

Check = HeldFiles | ListedFiles | PairedFiles | LabelImages | VocBoxes | CocoAnnotations


class Part(NamedTuple):
    """A part of a data set, whose images are counted.

    Args:
        name: What the data set calls it.
        official: How many images it has.
        listing: Text file that names them, or the folder that they are in.
        suffix: What they end in, if ``listing`` is a folder.
    """

    name: str
    official: int
    listing: str
    suffix: str = ''


class DatasetLayout(NamedTuple):
    """What a benchmark reads of a data set.

    Args:
        folder: Below the data root.
        source: Where to get it.
        parts: What is counted.
        checks: What must hold.
    """

    folder: str
    source: str
    parts: tuple[Part, ...]
    checks: tuple[Check, ...]
