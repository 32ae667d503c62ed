"""Small annotation files of people, and key points by hand."""

import json
from pathlib import Path

import numpy as np
from mmengine.registry import DefaultScope

import setsim_mm.transfer.detection  # noqa: F401 - registers the parts
from setsim_mm.transfer.keypoints import COCO_PERSON, CocoKeypointDataset

NUMBER = len(COCO_PERSON['keypoints'])
SIZE = (64, 48)  # width and height


def annotation(**changes: object) -> dict:
    """Return a person in a box of 20x30 pixels; all key points are visible."""
    steps = np.arange(NUMBER)
    keypoints = np.column_stack([10 + steps, 8 + steps, np.full(NUMBER, 2)])
    values = dict(
        id=1,
        image_id=1,
        category_id=1,
        iscrowd=0,
        bbox=[8.0, 6.0, 20.0, 30.0],
        area=600.0,
        keypoints=keypoints.ravel().tolist(),
    )
    values |= changes
    flags = (values.get('keypoints') or [])[2::3]
    return dict(num_keypoints=sum(flag > 0 for flag in flags)) | values


def write_annotations(path: Path, *annotations: dict, images: int = 1) -> Path:
    """Write a file in COCO's format, whose images do not exist."""
    content = dict(
        images=[
            dict(id=i, file_name=f'{i}.jpg', width=SIZE[0], height=SIZE[1])
            for i in range(1, images + 1)
        ],
        annotations=list(annotations),
        categories=[dict(id=1, name='person')],
    )
    path.write_text(json.dumps(content))
    return path


def dataset(path: Path, **changes: object) -> CocoKeypointDataset:
    """Return the data set of an annotation file."""
    with DefaultScope.overwrite_default_scope('mmdet'):
        return CocoKeypointDataset(
            ann_file=str(path), data_prefix=dict(img=''), **changes
        )
