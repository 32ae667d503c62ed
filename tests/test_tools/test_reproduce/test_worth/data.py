"""Labelled images in all four formats, a few pixels large, and starting points."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from setsim_mm.runs.run_record import RunRecord
from worth.labelled_sets import LabelledSet, Sample
from worth.starts import Start, starts_for

RANDOM, HERE = starts_for(None)
GIVEN = Start('given', 'the weights given', 'weights.pth', False)

XML = """<annotation><object><name>{name}</name><bndbox>
<xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax>
</bndbox></object></annotation>"""


def write_image(path: Path, number: int = 0, size: tuple[int, int] = (8, 6)) -> Path:
    """Write an image of width and height ``size`` that its number identifies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((size[1], size[0], 3), number, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_label(path: Path, values: object, size: tuple[int, int] = (8, 6)) -> Path:
    """Write a label image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    label = np.broadcast_to(np.array(values, dtype=np.uint8), size[::-1])
    Image.fromarray(np.ascontiguousarray(label)).save(path)
    return path


def write_voc(root: Path, number: int = 4) -> Path:
    """Write images with a box each, of a cat or of a dog in turn."""
    for n in range(number):
        write_image(root / 'images' / f'{n}.png', n)
        xml = root / 'xml' / f'{n}.xml'
        xml.parent.mkdir(parents=True, exist_ok=True)
        xml.write_text(XML.format(name=('cat', 'dog')[n % 2], box=(3, 2, 6, 4)))
    return root


def write_coco(root: Path) -> Path:
    """Write three images: a box, a polygon and a crowd, and nothing."""
    for n in range(3):
        write_image(root / 'images' / f'{n}.png', n)
    counts = [6 * 2, 6, 6 * 5]  # the third column
    annotations = [
        dict(image_id=1, category_id=7, bbox=[2, 1, 4, 3]),
        dict(
            image_id=2,
            category_id=9,
            bbox=[0, 0, 4, 6],
            segmentation=[[0, 0, 4, 0, 4, 6, 0, 6]],
        ),
        dict(
            image_id=2,
            category_id=7,
            bbox=[2, 0, 1, 6],
            iscrowd=1,
            segmentation=dict(size=[6, 8], counts=counts),
        ),
    ]
    content = dict(
        images=[dict(id=n + 1, file_name=f'{n}.png') for n in range(3)],
        annotations=annotations,
        categories=[dict(id=7, name='cat'), dict(id=9, name='ant')],
    )
    (root / 'labels.json').write_text(json.dumps(content))
    return root


def labelled(
    present: Sequence[Iterable[int]], form: str = 'class folders'
) -> LabelledSet:
    """Return a set of images with these classes in them."""
    samples = [
        Sample(f'{n}.png', f'/{n}.png', min(classes, default=0), frozenset(classes))
        for n, classes in enumerate(map(list, present))
    ]
    return LabelledSet(form, ('a', 'b', 'c'), tuple(samples))


def record(start: Start, seed: int, **metrics: float) -> RunRecord:
    """Return the record of a finished probe; ``knn_accuracy_5`` is k-NN at 5 %."""
    return RunRecord(Path(), start.name, seed, {}, metrics=metrics)
