"""Read the part of a split and the kind of folder from names of files."""

import re
from pathlib import Path

# Removed from names before they are compared: `trainannot` belongs to `train`.
KINDS = re.compile(
    r'jpegimages|images?|imgs?|photos?|annotations?|annots?|labels?|masks?|xmls?|'
    r'segmentationclass|segmentationobject|instances|gt'
)
LABEL_WORDS = re.compile(r'annot|label|mask|segmentation|gt$|^gt|ground')
PARTS = dict(
    train='train',
    training='train',
    val='val',
    valid='val',
    validation='val',
    dev='val',
    test='test',
    testing='test',
)


def words_of(path: Path) -> list[str]:
    """Return the words of a relative path without those for images and labels."""
    words = []
    for name in path.parts:
        for word in re.split(r'[^a-z]+', name.lower()):
            rest = KINDS.sub('', word)
            if rest:
                words.append(rest)
    return words


def part_of(path: Path) -> str | None:
    """Return ``train``, ``val`` or ``test`` if a relative path names one of them.

    Examples:
        >>> part_of(Path('trainannot')), part_of(Path('annotations/instances_val2017'))
        ('train', 'val')
    """
    parts = {PARTS[word] for word in words_of(path) if word in PARTS}
    return parts.pop() if len(parts) == 1 else None


def is_label_folder(path: Path) -> bool:
    """Return whether the name of a folder is one for labels."""
    return LABEL_WORDS.search(path.name.lower()) is not None
