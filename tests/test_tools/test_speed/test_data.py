"""The benchmark of the image pipeline."""

from argparse import Namespace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from measurements import data
from setsim_mm.utils.errors import UserError

from .arguments import arguments_of

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / 'configs/selfsup/_base_/datasets/imagenet_mocov2_views.py'


def arguments(*options: object) -> Namespace:
    return arguments_of(data, *options)


def test_three_pipelines_are_measured(tmp_path: Path) -> None:
    for number in range(3):
        Image.new('RGB', (60, 40), (200, 100, 50)).save(tmp_path / f'{number}.jpg')
    state, threads = (
        torch.get_rng_state(),
        (torch.get_num_threads(), cv2.getNumThreads()),
    )
    table = data.measure(
        arguments(
            *('--images', tmp_path, '--config', CONFIG, '--limit', 2, '--repeats', 2)
        )
    ).set_index('pipeline')
    # mmselfsup's pipeline overflows with NumPy 2.
    theirs = [data.MMSELFSUP] if np.__version__ < '2' else []
    assert list(table.index) == [data.OURS, *theirs, data.TORCHVISION]
    rates = table['images/s a core']
    assert (rates > 0).all() and (table.repeats == 2).all()
    expected = rates[data.OURS] / rates
    assert table['ours is faster'].to_list() == pytest.approx(expected.to_list())
    steps = table[[column for column in table if column.endswith(', ms')]]
    assert steps.shape == (len(table), 7) and (steps > 0).all(axis=None)
    assert torch.equal(torch.get_rng_state(), state)
    assert (torch.get_num_threads(), cv2.getNumThreads()) == threads


def test_without_images_or_config(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / 'no-folder'):
        with pytest.raises(UserError, match='--images'):
            data.measure(arguments('--images', folder, '--config', CONFIG))
    Image.new('RGB', (60, 40)).save(tmp_path / 'image.jpg')
    with pytest.raises(UserError, match='--config'):
        data.measure(arguments('--images', tmp_path, '--config', tmp_path / 'no.py'))
