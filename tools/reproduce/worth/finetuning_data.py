"""The data of fine-tunings: lists or JSON files of parts of the labelled images."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from setsim_mm.utils.durable_files import write_text_whole

from .formats import LABEL_IMAGES
from .labelled_sets import LabelledSet, Sample
from .shapes import mask_of

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
    content = coco_json([by_name[name] for name in names], labelled_set.classes[1:])
    write_text_whole(file, json.dumps(content) + '\n')
    return file


def coco_json(samples: Sequence[Sample], classes: Sequence[str]) -> dict[str, Any]:
    """Return boxes and masks in COCO's format.

    Args:
        samples (Sequence[Sample]): Images with their objects.
        classes (Sequence[str]): The classes, without the background. The first one has
            the id 1.

    Returns:
        dict[str, Any]: ``images``, ``annotations`` and ``categories``.
    """
    numbers = {name: number for number, name in enumerate(classes, 1)}
    images, annotations = [], []
    for number, sample in enumerate(samples, 1):
        with Image.open(sample.label) as label:  # as large as the image
            size = label.size
        images.append(
            dict(id=number, file_name=sample.name, width=size[0], height=size[1])
        )
        for shape in sample.shapes:
            left, top, right, bottom = shape.box
            masked = shape.segmentation is not None
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=number,
                    category_id=numbers[shape.name],
                    bbox=[left, top, right - left, bottom - top],
                    area=int(mask_of(shape, size).sum()) if masked else shape.area,
                    iscrowd=int(shape.crowd),
                    **(dict(segmentation=shape.segmentation) if masked else {}),
                )
            )
    categories = [dict(id=number, name=name) for name, number in numbers.items()]
    return dict(images=images, annotations=annotations, categories=categories)
