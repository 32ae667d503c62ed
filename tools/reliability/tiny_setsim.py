"""A tiny SetSim on images of noise, for the attacks and the long training."""

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image

RELIABILITY = Path(__file__).resolve().parent
REPOSITORY = RELIABILITY.parents[1]
BATCH_SIZE = 4
SIDE = 80  # pixels

CONFIG = """
_base_ = '{repository}/configs/selfsup/demo_r18.py'

model = dict(
    symmetric=True,
    feat_dim=16,
    backbone=dict(stem_channels=4, base_channels=4),
    neck=dict(in_channels=32, hid_channels=16, out_channels=16),
)
# MoCo-v2's views, so that every sample draws random numbers.
train_pipeline = _base_.train_pipeline
train_pipeline[1].transforms[0][0].size = 64
train_dataloader = dict(
    batch_size={batch_size}, dataset=dict(data_root={images!r}, pipeline=train_pipeline)
)
custom_hooks = _base_.custom_hooks[:2]  # without the demo's probe
"""
BY_EPOCH = """
train_cfg = dict(max_epochs={epochs})
param_scheduler = [
    dict(
        type='CosineAnnealingLR', end={epochs}, by_epoch=True,
        convert_to_iter_based=True,
    )
]
"""


def config_text(
    *more: str, images: Path, batch_size: int = BATCH_SIZE, **values: object
) -> str:
    """Return the text of a config of the tiny SetSim.

    Args:
        *more (str): Further lines, such as :data:`BY_EPOCH`, with ``{name}`` for
            values.
        images (Path): The folder of the images.
        batch_size (int): Batch size of each process. Defaults to 4.
        **values (object): The values by name.
    """
    text = ''.join([CONFIG, *more])
    return text.format(
        repository=REPOSITORY, images=str(images), batch_size=batch_size, **values
    )


def write_images(folder: Path, number: int) -> Path:
    """Write JPEG files of noise.

    Args:
        folder (Path): Output folder, which must not exist.
        number (int): Number of images.

    Returns:
        Path: The folder.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(number):
        pixels = rng.integers(0, 256, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((SIDE, SIDE))
        image.save(folder / f'{index:02}.jpg')
    return folder


def environment(**more: str) -> dict[str, str]:
    """Return the environment variables of a training on the CPU with one thread.

    Args:
        **more (str): Further variables.
    """
    path = [str(REPOSITORY), str(RELIABILITY)]
    path += filter(None, [os.environ.get('PYTHONPATH')])
    return {
        **os.environ,
        'PYTHON': sys.executable,
        'PYTHONPATH': os.pathsep.join(path),
        'CUDA_VISIBLE_DEVICES': '',
        'OMP_NUM_THREADS': '1',
        'MKL_NUM_THREADS': '1',
        **more,
    }
