from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.labelled_images import write_class_folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images of noise."""
    images = tmp_path / 'images'
    images.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        pixels = rng.integers(256, size=(5, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((60, 50)).save(images / f'{number}.png')
    return images


@pytest.fixture
def class_folders(tmp_path: Path) -> Path:
    """Labelled images, in ``train`` only."""
    return write_class_folders(tmp_path / 'labelled')
