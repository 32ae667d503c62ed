"""Toy scenes in the format of COCO 2017's instances."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from setsim_mm.transfer.layouts.class_names import COCO_CATEGORIES, COCO_SUPERCATEGORIES

from .files import save_jpeg, write_json
from .scene import Scene, SceneObject, draw_scenes

SIZE = (160, 120)
ID_OF_NAME = {name: i for i, name in COCO_CATEGORIES.items()}


def coco_scenes(part: str, number: int, seed: int) -> list[Scene]:
    """Draw the scenes of ``'train2017'`` or ``'val2017'``."""
    return list(draw_scenes(number, SIZE, seed, f'coco {part}'))


def write_coco(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write the images and the annotations of train2017 and val2017."""
    first_id = 1
    for part, number in (('train2017', num_train), ('val2017', num_val)):
        scenes = dict(enumerate(coco_scenes(part, number, seed), start=first_id))
        first_id += number
        for image_id, scene in scenes.items():
            save_jpeg(scene.image, folder / part / file_name(image_id))
        write_json(
            folder / 'annotations' / f'instances_{part}.json', _annotations(scenes)
        )


def file_name(image_id: int) -> str:
    """Return the name of an image file, as in COCO."""
    return f'{image_id:012}.jpg'


def _annotations(scenes: dict[int, Scene]) -> dict:
    """Return the content of the annotation file."""
    annotations = [
        _annotation(item, image_id, image_id * 100 + number)
        for image_id, scene in scenes.items()
        for number, item in enumerate(scene.objects)
    ]
    categories = [
        dict(supercategory=COCO_SUPERCATEGORIES[name], id=i, name=name)
        for i, name in COCO_CATEGORIES.items()
    ]
    sizes = {image_id: scene.size for image_id, scene in scenes.items()}
    return annotation_file('Toy scenes', sizes, annotations, categories)


def annotation_file(
    kind: str,
    sizes: dict[int, tuple[int, int]],
    annotations: list[dict],
    categories: list[dict],
) -> dict:
    """Return the content of an annotation file, with keys in COCO's order.

    Args:
        kind: The first words of the description.
        sizes: Width and height by the number of the image.
        annotations: Objects.
        categories: Classes.
    """
    return dict(
        info=dict(description=f'{kind} in the format of COCO 2017', version='1.0'),
        licenses=[dict(id=1, name='Drawn by setsim_mm', url='')],
        images=[
            dict(
                license=1,
                file_name=file_name(image_id),
                height=height,
                width=width,
                id=image_id,
            )
            for image_id, (width, height) in sizes.items()
        ],
        annotations=annotations,
        categories=categories,
    )


def _annotation(item: SceneObject, image_id: int, annotation_id: int) -> dict:
    x1, y1, x2, y2 = item.box
    # COCO stores crowds as run lengths and other objects as polygons.
    segmentation = run_lengths(item.mask) if item.crowd else [outline(item.mask)]
    return dict(
        segmentation=segmentation,
        area=float(item.mask.sum()),
        iscrowd=int(item.crowd),
        image_id=image_id,
        bbox=[float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
        category_id=ID_OF_NAME[item.kind],
        id=annotation_id,
    )


def outline(mask: np.ndarray) -> list[float]:
    """Return the polygon along the edges of a mask's pixels.

    For COCO's tools, pixel x covers x to x + 1, so that they fill exactly the mask.

    Args:
        mask: A convex object, (H, W), with one run of pixels in each row.

    Returns:
        list[float]: x and y of each corner.
    """
    down, up = [], []
    for y in np.flatnonzero(mask.any(axis=1)):
        xs = np.flatnonzero(mask[y])
        down += [(xs[0], y), (xs[0], y + 1)]
        up += [(xs[-1] + 1, y), (xs[-1] + 1, y + 1)]
    return [float(value) for corner in down + up[::-1] for value in corner]


def run_lengths(mask: np.ndarray) -> dict:
    """Return COCO's uncompressed run lengths of 0, 1, 0, ..., column by column."""
    values = np.concatenate([[0], mask.ravel(order='F'), [0]]).astype(int)
    changes = [0, *np.flatnonzero(np.diff(values)).tolist(), mask.size]
    counts = [end - start for start, end in pairwise(changes)]
    if mask.flat[-1]:
        counts.pop()  # the mask ends with a run of ones
    return dict(counts=counts, size=list(mask.shape))
