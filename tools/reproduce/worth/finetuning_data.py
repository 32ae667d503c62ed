"""The data of fine-tunings: lists or JSON files of parts of the labelled images."""

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from setsim_mm.transfer.labels.coco_json import coco_json
from setsim_mm.transfer.labels.formats import LABEL_IMAGES
from setsim_mm.utils.durable_files import write_text_whole

from .labelled_sets import LabelledSet, Sample

IMAGES, LABELS = 'images', 'label_images'  # in the folder of a comparison


def link_images(labelled_set: LabelledSet, folder: Path) -> None:
    """Link the labelled images by their names below ``images`` of a folder."""
    for sample in labelled_set.samples:
        link = folder / IMAGES / sample.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(Path(sample.image).resolve())


def write_part(labelled_set: LabelledSet, names: Sequence[str], path: Path) -> Path:
    """Write the list of a part of the images that a data set reads.

    Args:
        labelled_set (LabelledSet): The images.
        names (Sequence[str]): The names of the part.
        path (Path): The file without a suffix. Its folder is created.

    Returns:
        Path: A text file for label images, else a JSON file in COCO's format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if labelled_set.format == LABEL_IMAGES:
        file = path.with_name(f'{path.name}.txt')
        write_text_whole(file, '\n'.join(names) + '\n')
        return file
    file = path.with_name(f'{path.name}.json')
    by_name = {sample.name: sample for sample in labelled_set.samples}
    images = ((name, _size_of(by_name[name]), by_name[name].shapes) for name in names)
    content = coco_json(images, labelled_set.classes[1:])
    write_text_whole(file, json.dumps(content) + '\n')
    return file


def _size_of(sample: Sample) -> tuple[int, int]:
    with Image.open(sample.label) as label:  # as large as the image
        return label.size
