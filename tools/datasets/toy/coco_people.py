"""Toy figures in the format of COCO 2017's person key points."""

from pathlib import Path

import numpy as np

from setsim_mm.transfer.keypoints.meta import COCO_PERSON, skeleton_links

from .coco import SIZE, annotation_file, file_name
from .files import save_jpeg, write_json
from .people import Person, draw_people

# The images stand beside those of the scenes, which begin with 1.
FIRST_ID = 100001


def coco_people(
    part: str, number: int, seed: int
) -> list[tuple[np.ndarray, list[Person]]]:
    """Draw the images and figures of ``'train2017'`` or ``'val2017'``."""
    return list(draw_people(number, SIZE, seed, f'coco people {part}'))


def write_coco_people(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write the images and the annotations of train2017 and val2017."""
    first_id = FIRST_ID
    for part, number in (('train2017', num_train), ('val2017', num_val)):
        drawn = dict(enumerate(coco_people(part, number, seed), start=first_id))
        first_id += number
        for image_id, (image, _) in drawn.items():
            save_jpeg(image, folder / part / file_name(image_id))
        people = {image_id: people for image_id, (_, people) in drawn.items()}
        write_json(
            folder / 'annotations' / f'person_keypoints_{part}.json',
            _annotations(people),
        )


def _annotations(people: dict[int, list[Person]]) -> dict:
    """Return the content of the annotation file."""
    category = dict(
        supercategory='person',
        id=1,
        name='person',
        keypoints=list(COCO_PERSON['keypoints']),
        # COCO counts from 1.
        skeleton=[[one + 1, other + 1] for one, other in skeleton_links(COCO_PERSON)],
    )
    annotations = [
        _annotation(person, image_id, 100 * image_id + number)
        for image_id, of_image in people.items()
        for number, person in enumerate(of_image)
    ]
    sizes = dict.fromkeys(people, SIZE)
    return annotation_file('Toy figures', sizes, annotations, [category])


def _annotation(person: Person, image_id: int, annotation_id: int) -> dict:
    ys, xs = np.nonzero(person.mask)
    x, y = int(xs.min()), int(ys.min())
    return dict(
        segmentation=[
            polygon.astype(float).ravel().tolist() for polygon in person.polygons
        ],
        num_keypoints=int((person.keypoints[:, 2] > 0).sum()),
        area=float(person.mask.sum()),
        iscrowd=0,
        keypoints=person.keypoints.ravel().tolist(),
        image_id=image_id,
        bbox=[float(v) for v in (x, y, xs.max() + 1 - x, ys.max() + 1 - y)],
        category_id=1,
        id=annotation_id,
    )
