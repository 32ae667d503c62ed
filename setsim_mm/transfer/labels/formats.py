"""Labelled images in two folders: class folders, label images, VOC, COCO or YOLO."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from setsim_mm.datasets.image_files import find_images
from setsim_mm.evaluation.label_images import find_label_images
from setsim_mm.utils.errors import UserError

from .coco_json import read_coco
from .image_sizes import displayed_size
from .shapes import Shape
from .voc_xml import read_xml
from .yolo import find_class_names, read_yolo

CLASS_FOLDERS = 'class folders'
LABEL_IMAGES = 'label images'
VOC_XML = 'VOC XML'
COCO_JSON = 'COCO JSON'
YOLO = 'YOLO text'


@dataclass(frozen=True)
class Annotation:
    """An image with its label, as the files give it.

    Args:
        name (str): The path of the image, relative to its folder.
        image (Path): The path of the image.
        label (str | Path | tuple[Shape, ...]): The name of its class, the path of its
            label image, or its objects.
    """

    name: str
    image: Path
    label: str | Path | tuple[Shape, ...]


def read_annotations(
    images: Path, labels: Path | None, classes: Sequence[str] | None = None
) -> tuple[str, list[Annotation]]:
    """Read the labels of a folder of images.

    Args:
        images (Path): The folder. Without ``labels``, it has a folder for each class.
        labels (Path, optional): COCO's JSON file, or a folder of XML files, PNGs or
            text files of YOLO.
        classes (Sequence[str], optional): The names of YOLO's classes. Defaults to
            None, those of a file in ``labels`` or the folder above it.

    Returns:
        tuple[str, list[Annotation]]: The format, which is detected automatically, and
        the images, sorted by name.

    Raises:
        UserError: If something is missing or cannot be read.
    """
    images = images.expanduser()
    if not images.is_dir():
        raise UserError(
            f'there is no folder {str(images)!r}: give the folder of labelled images.'
        )
    if labels is None:
        return CLASS_FOLDERS, _of_class_folders(images)
    labels = labels.expanduser()
    if labels.is_file():
        found = _of_coco(images, labels)
        return COCO_JSON, sorted(found, key=lambda annotation: annotation.name)
    suffixes = {path.suffix.lower() for path in labels.rglob('*')}
    if '.xml' in suffixes:
        pairs = find_label_images(images, labels, '.xml')
        return VOC_XML, [_named(images, *pair, read_xml(pair[1])) for pair in pairs]
    if '.png' in suffixes:
        pairs = find_label_images(images, labels)
        return LABEL_IMAGES, [_named(images, *pair, Path(pair[1])) for pair in pairs]
    if '.txt' in suffixes:
        pairs = find_label_images(images, labels, '.txt')
        names = classes or require_class_names([labels, labels.parent])
        return YOLO, [
            _named(images, *pair, read_yolo(pair[1], names, displayed_size(pair[0])))
            for pair in pairs
        ]
    raise UserError(
        f'{str(labels)!r} is neither a JSON file nor a folder with XML files, text '
        'files of YOLO or label images (PNG): give one of them, or no labels for class '
        'folders.'
    )


def require_class_names(folders: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of YOLO's classes.

    Args:
        folders (Sequence[Path]): See :func:`~.yolo.find_class_names`.

    Raises:
        UserError: If there are none.
    """
    found = find_class_names(folders)
    if found is None:
        raise UserError(
            'the text files number their classes, but no data.yaml, classes.txt or '
            '*.names gives the names: write the names to classes.txt beside the '
            'labels, one a line, or give a file with --classes.'
        )
    return found[0]


def _named(
    root: Path, image: str, _: str, label: Path | tuple[Shape, ...]
) -> Annotation:
    return Annotation(Path(image).relative_to(root).as_posix(), Path(image), label)


def _of_class_folders(root: Path) -> list[Annotation]:
    found = []
    for path in map(Path, find_images(str(root))):
        name = path.relative_to(root)
        if len(name.parts) < 2:
            raise UserError(
                f'the image {str(path)!r} is in no class folder: put it into a folder '
                'that is named after its class, or give its labels.'
            )
        found.append(Annotation(name.as_posix(), path, name.parts[0]))
    return found


def _of_coco(root: Path, path: Path) -> Iterator[Annotation]:
    """Yield the images that a JSON file of COCO lists."""
    shapes = read_coco(path).shapes
    require_listed_images(list(shapes), root, path)
    for name, of_image in shapes.items():
        yield Annotation(name, root / name, of_image)


def require_listed_images(names: Sequence[str], root: Path, path: Path) -> None:
    """Raise an error if images of a JSON file are not in their folder.

    Args:
        names (Sequence[str]): The listed names.
        root (Path): The folder.
        path (Path): The JSON file.

    Raises:
        UserError: If one is missing.
    """
    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise UserError(
            f'{len(missing)} of the {len(names)} images in {str(path)!r} are not in '
            f'{str(root)!r}, such as {missing[0]!r}: correct the folder or the file.'
        )
