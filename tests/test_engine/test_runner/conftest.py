from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.named_instances import forgotten_afterwards

from .runs import NoteHook, make_run, state_of, train


@pytest.fixture(scope='package')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six images of noise."""
    folder = tmp_path_factory.mktemp('noise') / 'images'
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        pixels = rng.integers(256, size=(50, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f'{number}.png')
    return folder


@pytest.fixture(scope='package', params=[True, False], ids=['epochs', 'iterations'])
def uninterrupted(request, images, tmp_path_factory):
    """An uninterrupted run with its images and random states."""
    notes = NoteHook()
    work_dir = tmp_path_factory.mktemp('whole') / 'run'
    with forgotten_afterwards():
        runner = train(make_run(images, work_dir, request.param), notes)
    return request.param, state_of(runner), notes
