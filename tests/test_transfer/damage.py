"""Damaged files, and configs of tiny data sets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PIPELINES = dict(
    mmdet=[
        dict(type='LoadImageFromFile', backend_args=None),
        dict(type='LoadAnnotations', with_bbox=True),
        dict(type='Resize', scale=(64, 64)),
        dict(type='PackDetInputs'),
    ],
    mmseg=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='Resize', scale=(64, 64)),
        dict(type='PackSegInputs'),
    ],
)


def cut(path: Path, number: int = 20) -> Path:
    """Remove bytes from the end of a file."""
    path.write_bytes(path.read_bytes()[:-number])
    return path


def write_images(folder: Path, names: list[str], side: int = 96) -> None:
    """Write images in the formats of their suffixes."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in names:
        pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)


def write_coco(
    folder: Path, number: int = 4, category: str = 'cat', side: int = 96
) -> Path:
    """Write images ``0.jpg``, ... with one box each, and ``train.json``."""
    names = [f'{i}.jpg' for i in range(number)]
    write_images(folder / 'images', names, side)
    content = dict(
        images=[
            dict(id=i, file_name=name, width=side, height=side)
            for i, name in enumerate(names)
        ],
        annotations=[
            dict(
                id=i, image_id=i, category_id=1, bbox=[4, 4, 20, 20], area=400,
                iscrowd=0,
            )
            for i in range(number)
        ],
        categories=[dict(id=1, name=category), dict(id=2, name='dog')],
    )  # fmt: skip
    (folder / 'train.json').write_text(json.dumps(content))
    return folder


def coco_config(folder: Path, **more: Any) -> dict:
    """Return the config of the data set of :func:`write_coco`."""
    return (
        dict(
            type='CocoDataset',
            data_root=f'{folder}/',
            ann_file='train.json',
            data_prefix=dict(img='images/'),
            metainfo=dict(classes=('cat', 'dog')),
            pipeline=PIPELINES['mmdet'],
        )
        | more
    )


def voc_config(data: Path, year: int = 2007, **more: Any) -> dict:
    """Return the config of the boxes of :func:`~.tiny_voc.write_tiny_voc`."""
    return (
        dict(
            type='VOCDataset',
            data_root=f'{data}/VOCdevkit/',
            ann_file=f'VOC{year}/ImageSets/Main/trainval.txt',
            data_prefix=dict(sub_data_root=f'VOC{year}/'),
            pipeline=PIPELINES['mmdet'],
        )
        | more
    )


def seg_config(data: Path, **more: Any) -> dict:
    """Return the config of the six masks of :func:`~.tiny_voc.write_tiny_voc`."""
    return (
        dict(
            type='BaseSegDataset',
            data_root=f'{data}/VOCdevkit/VOC2012',
            data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
            metainfo=dict(classes=('a', 'b')),
            pipeline=PIPELINES['mmseg'],
        )
        | more
    )
