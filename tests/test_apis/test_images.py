"""Accepted image formats and sizes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from setsim_mm.apis.images import as_batch, as_image, resized
from setsim_mm.datasets import UnreadableImageError

PIXELS = np.random.default_rng(0).integers(256, size=(5, 7, 3), dtype=np.uint8)


def test_files_pil_images_and_arrays(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / 'image.png')
    for image in (
        PIXELS,
        Image.fromarray(PIXELS),
        tmp_path / 'image.png',
        str(tmp_path / 'image.png'),
        np.dstack([PIXELS, np.full((5, 7), 9, dtype=np.uint8)]),
    ):
        assert np.array_equal(np.array(as_image(image)), PIXELS)
    grey = np.array(as_image(PIXELS[..., 0]))
    assert np.array_equal(grey, np.repeat(PIXELS[..., :1], 3, axis=2))


@pytest.mark.parametrize(
    'array',
    [
        PIXELS.astype(float),
        PIXELS[..., :2],
        PIXELS[0, 0],
        PIXELS[None],
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_error_for_other_arrays(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match='uint8'):
        as_image(array)


def test_error_for_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / 'bad.png').write_bytes(b'no image')
    with pytest.raises(UnreadableImageError, match=r'bad\.png'):
        as_image(tmp_path / 'bad.png')


@pytest.mark.parametrize(
    ('given_size', 'size', 'expected'),
    [
        ((224, 224), None, (224, 224)),
        ((112, 96), None, (112, 96)),
        ((4000, 3000), None, (592, 448)),  # 597 rounded
        ((300, 200), None, (304, 192)),
        ((300, 200), 448, (672, 448)),
        ((300, 200), (96, 160), (160, 96)),  # height and width
        ((5, 900), None, (32, 896)),
    ],
)
def test_sizes(given_size, size, expected) -> None:
    assert resized(Image.new('RGB', given_size), size).size == expected


@given(st.integers(1, 700), st.integers(1, 700))
def test_sides_are_multiples_of_16(width: int, height: int) -> None:
    size = resized(Image.new('RGB', (width, height))).size
    assert all(side % 16 == 0 and side >= 32 for side in size)


def test_error_for_size_zero() -> None:
    with pytest.raises(ValueError, match=r'at least 1.* 0'):
        resized(Image.new('RGB', (9, 9)), 0)


def test_batch_of_one() -> None:
    batch = as_batch(Image.fromarray(PIXELS))
    assert batch.shape == (1, 3, 5, 7)
    assert np.array_equal(batch[0].permute(1, 2, 0).numpy(), PIXELS)
