"""Match label files with images."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from setsim_mm.utils import UserError

from .files import Group
from .names import words_of


def pair(
    labels: Iterable[Group], images: Sequence[Group], root: Path, tags: bool = False
) -> dict[Path, Path]:
    """Pair label files with images by their names.

    Each folder of labels belongs to the folder of images with the most equal names, and
    of several such folders to the one whose path has more words in common.

    Args:
        labels (Iterable[Group]): The files of labels.
        images (Sequence[Group]): The images.
        root (Path): The folder of all.
        tags (bool): Whether names of labels may end in a word that those of images
            lack, such as ``_mask``. Defaults to False.

    Returns:
        dict[Path, Path]: Label files by image.

    Raises:
        UserError: If a folder of labels fits several folders of images, or an image
            has two label files.
    """
    paired: dict[Path, Path] = {}
    for group in labels:
        for image, label in _pairs_of(group, images, root, tags):
            if image in paired:
                raise UserError(
                    f'{str(image)!r} has two label files, {str(paired[image])!r} and '
                    f'{str(label)!r}: choose the folder of one of them with --labels.'
                )
            paired[image] = label
    return paired


def _pairs_of(
    labels: Group, images: Sequence[Group], root: Path, tags: bool
) -> list[tuple[Path, Path]]:
    ranked = []
    words = Counter(words_of(labels.folder.relative_to(root)))
    for group in images:
        tag = _tag(labels, group) if tags else ''
        pairs = [
            (image, labels.files[stem + tag])
            for stem, image in group.files.items()
            if stem + tag in labels.files
        ]
        if pairs:
            others = Counter(words_of(group.folder.relative_to(root)))
            ranked.append((len(pairs), (words & others).total(), pairs, group.folder))
    ranked.sort(key=lambda each: each[:2], reverse=True)
    if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
        places = [str(each[3]) for each in ranked[:2]]
        if places[0] != places[1]:  # else the suffixes differ, such as .jpg and .png
            raise UserError(
                f'the labels in {str(labels.folder)!r} fit the images in {places[0]!r} '
                f'and in {places[1]!r}: choose one with --images.'
            )
    if not ranked:
        return []
    best = ranked[0]
    # Images of one folder may have several suffixes.
    return [
        each for _, _, pairs, folder in ranked if folder == best[3] for each in pairs
    ]


def _tag(labels: Group, images: Group) -> str:
    """Return the text that most names of labels add to those of images."""
    if labels.files.keys() & images.files.keys():
        return ''
    tags: Counter[str] = Counter()
    for stem in list(labels.files)[:20]:
        beginnings = (stem[:end] for end in range(1, len(stem)))
        known = [each for each in beginnings if each in images.files]
        if known:
            tags[stem[len(known[-1]) :]] += 1
    return tags.most_common(1)[0][0] if tags else ''
