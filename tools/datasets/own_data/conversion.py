"""Convert a folder: read everything, then write lists, labels and the config."""

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from setsim_mm.runs.settings import digest
from setsim_mm.transfer.labels.coco_json import coco_json
from setsim_mm.transfer.labels.formats import LABEL_IMAGES
from setsim_mm.transfer.labels.yolo import read_class_names
from setsim_mm.utils import UserError
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.file_digest import file_sha256

from .config_text import (
    BOXES,
    MASKS,
    Network,
    detection_config,
    segmentation_config,
    segmentation_network,
)
from .objects import Objects, read_objects
from .pixels import read_pixels
from .record import take_folder
from .search import Source, find_source
from .splits import Split, split

PARTS = ('train', 'val')
LARGEST_WHOLE = 1024  # pixels of the longer side; larger label images are cropped


@dataclass(frozen=True)
class Conversion:
    """Result of a conversion.

    Args:
        config (Path): The config.
        iterations (int): For the fine-tuning.
        notes (list[str]): Sentences that the user should read.
    """

    config: Path
    iterations: int
    notes: list[str]


def convert(args: Namespace, repository: Path) -> Conversion:
    """Convert a folder of labelled images.

    Args:
        args (Namespace): The command line of ``convert.py``.
        repository (Path): The folder of ``configs/``.

    Raises:
        UserError: If something is missing or wrong. Nothing is written then.
    """
    source = find_source(args.folder, args.images, args.labels, args.kind)
    images = _labelled(source, args.unlabelled)
    parts = split(source, images, args.val_share, args.seed, args.draw_split)
    used = sorted([*parts.train, *parts.val])
    classes = read_class_names(args.classes) if args.classes else None
    out = args.out or Path('work_dirs', 'own_data', args.folder.resolve().name)
    out = out.expanduser().absolute()
    named = dict(
        folder=str(source.root),
        kind=source.kind,
        train=[_name(source, image) for image in parts.train],
        val=[_name(source, image) for image in parts.val],
        labels=_digest(source, used),
    )
    if source.kind == LABEL_IMAGES:
        return _with_pixels(source, parts, classes, args, out, repository, named)
    found = read_objects(source, used, classes, args.fix_boxes)
    return _with_objects(source, parts, found, args, out, repository, named)


def _labelled(source: Source, unlabelled: str | None) -> list[Path]:
    """Return the images to use.

    Raises:
        UserError: If one has no label file and nothing says what it means.
    """
    missing = source.missing
    if not missing or unlabelled == 'skip':
        return [image for image in source.images if image in source.labels]
    if unlabelled == 'empty' and source.kind != LABEL_IMAGES:
        return list(source.images)
    options = '--unlabelled skip (leave them out)'
    if source.kind != LABEL_IMAGES:
        options += ' or --unlabelled empty (images without objects)'
    raise UserError(
        f'{len(missing)} of {len(source.images)} images have no label file '
        f'({source.kind}), such as {str(missing[0])!r}: add it, or choose {options}.'
    )


def _digest(source: Source, images: Sequence[Path]) -> str:
    files = {source.labels[image] for image in images if image in source.labels}
    return digest({_name(source, path): file_sha256(path) for path in sorted(files)})


def _name(source: Source, path: Path) -> str:
    return path.relative_to(source.root).as_posix()


def _with_objects(
    source: Source,
    parts: Split,
    found: Objects,
    args: Namespace,
    out: Path,
    repository: Path,
    made_from: dict[str, Any],
) -> Conversion:
    objects = [shape for shape in found.shapes if not shape.crowd]
    masked = [shape for shape in objects if shape.segmentation]
    if 0 < len(masked) < len(objects) and not args.boxes:
        raise UserError(
            f'{len(masked)} objects have a mask or a polygon and '
            f'{len(objects) - len(masked)} only a box: add the missing masks, or train '
            'on the boxes of all with --boxes.'
        )
    if not any(not s.crowd for image in parts.train for s in found.images[image]):
        raise UserError(
            f'no object is among the {len(parts.train)} images for training '
            f'({parts.origin}): label more images, or draw another split with '
            '--draw-split --seed N.'
        )
    network = MASKS if masked and not args.boxes else BOXES
    content = {
        part: coco_json(
            (
                (_name(source, image), found.sizes[image], _kept(found, image, network))
                for image in getattr(parts, part)
            ),
            found.classes,
        )
        for part in PARTS
    }
    take_folder(out, made_from | dict(classes=list(found.classes), model=network.stem))
    for part in PARTS:
        write_text_whole(out / f'{part}.json', json.dumps(content[part]) + '\n')
    notes = _notes(source, parts, len(found.classes))
    notes += _class_notes(parts, found)
    difficult = sum(shape.difficult for shape in objects)
    if difficult:
        notes.append(
            f'{difficult} objects are marked as difficult, and count as others.'
        )
    text = detection_config(
        network,
        repository,
        found.classes,
        source.root,
        out,
        any(isinstance(shape.segmentation, Mapping) for shape in masked)
        and network is MASKS,
    )
    return _finish(text, network, args.folder, out, parts, notes)


def _kept(found: Objects, image: Path, network: Network) -> list[Any]:
    if network is MASKS:
        return list(found.images[image])
    return [
        replace(shape, segmentation=None, stated_area=None)
        for shape in found.images[image]
    ]


def _with_pixels(
    source: Source,
    parts: Split,
    classes: Sequence[str] | None,
    args: Namespace,
    out: Path,
    repository: Path,
    made_from: dict[str, Any],
) -> Conversion:
    used = [*parts.train, *parts.val]
    found = read_pixels(source, used, classes, args.ignored, repository)
    size = found.size if found.size and max(found.size) <= LARGEST_WHOLE else None
    take_folder(
        out, made_from | dict(classes=list(found.classes), ignored=found.ignored)
    )
    for image in used:
        name = _name(source, image)
        _link(image, out / 'images' / name)
        _link(source.labels[image], out / 'labels' / f'{name}.png')
    for part in PARTS:
        names = [_name(source, image) for image in getattr(parts, part)]
        write_text_whole(out / f'{part}.txt', '\n'.join(names) + '\n')
    notes = _notes(source, parts, len(found.classes))
    notes += [found.note] if found.note else []
    notes.append(f'Pixels of the value {found.ignored} have no class.')
    text = segmentation_config(repository, found.classes, found.ignored, size, out)
    network = segmentation_network(size)
    return _finish(text, network, args.folder, out, parts, notes)


def _link(target: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _finish(
    text: str,
    network: Network,
    folder: Path,
    out: Path,
    parts: Split,
    notes: list[str],
) -> Conversion:
    name = '_'.join(folder.resolve().name.lower().split())
    config = out / f'{network.stem}_{name}.py'
    write_text_whole(config, text)
    return Conversion(config, network.iterations(len(parts.train)), notes)


def _notes(source: Source, parts: Split, classes: int) -> list[str]:
    return [
        f'{source.kind}: {len(parts.train)} images for training and {len(parts.val)} '
        f'for validation ({parts.origin}), {classes} classes.'
    ]


def _class_notes(parts: Split, found: Objects) -> list[str]:
    shown = {
        part: {s.name for image in getattr(parts, part) for s in found.images[image]}
        for part in PARTS
    }
    notes = []
    for part, other in (('train', 'training'), ('val', 'validation')):
        lacking = [name for name in found.classes if name not in shown[part]]
        if lacking:
            notes.append(
                f'{len(lacking)} of {len(found.classes)} classes have no object for '
                f'{other}, such as {lacking[0]!r}.'
            )
    return notes
