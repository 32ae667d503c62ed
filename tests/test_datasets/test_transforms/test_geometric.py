"""Crops and flips: drawn as in torchvision, with correct boxes."""

import numpy as np
import pytest
import torch
import torchvision.transforms as T
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from setsim_mm.datasets import (
    WHOLE_IMAGE,
    RandomHorizontalFlipWithBox,
    RandomResizedCropWithBox,
)
from setsim_mm.registry import TRANSFORMS

from ..images import noise_image


def coordinate_image(width: int, height: int) -> np.ndarray:
    """Return an image in which red is the column and green the row."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = np.arange(width)
    pixels[..., 1] = np.arange(height)[:, None]
    return pixels


def cell_centres(rows: int, columns: int) -> torch.Tensor:
    """Return the centres of a grid of cells over a view, as shares: rows x cols x 2."""
    x = (torch.arange(columns) + 0.5) / columns
    y = (torch.arange(rows) + 0.5) / rows
    return torch.stack(torch.meshgrid(x, y, indexing='xy'), dim=-1)


def sample(view: np.ndarray, points: torch.Tensor) -> torch.Tensor:
    """Read a view at points given as shares of it, bilinearly: rows x cols x 3."""
    pixels = torch.from_numpy(view).permute(2, 0, 1).double()
    # align_corners=False: -1 and 1 are the outer edges of the outermost pixels.
    return torch.nn.functional.grid_sample(
        pixels[None], (points.double() * 2 - 1)[None], align_corners=False
    )[0].permute(1, 2, 0)


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(32, 256),
    height=st.integers(32, 256),
    view_size=st.sampled_from([224, 32, (96, 160)]),
    flip_first=st.booleans(),
    flip_prob=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 2**31),
)
@pytest.mark.parametrize('grid', [(7, 7), (5, 3), (3, 5)])
def test_box_matches_the_content_of_the_view(
    grid: tuple[int, int],
    width: int,
    height: int,
    view_size: int | tuple[int, int],
    flip_first: bool,
    flip_prob: float,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    crop = RandomResizedCropWithBox(view_size, scale=(0.2, 1.0))
    flip = RandomHorizontalFlipWithBox(flip_prob)
    results = dict(img=coordinate_image(width, height), box=WHOLE_IMAGE)
    for transform in (flip, crop) if flip_first else (crop, flip):
        results = transform(results)

    x1, y1, x2, y2 = results['box']
    assert (x1 > x2) == (flip_prob == 1) and y1 < y2
    centres = cell_centres(*grid)
    expected_x = (x1 + (x2 - x1) * centres[..., 0]) * width
    expected_y = (y1 + (y2 - y1) * centres[..., 1]) * height
    # Column c of the image has its centre at c + 0.5.
    shown = sample(results['img'], centres) + 0.5
    # A ramp is resampled without error but for the rounding of each pixel to 8 bits,
    # which is at most half a level, that is half a pixel of the original image. (At
    # the border of a view it is flattened by the filter, but no cell centre of these
    # grids lies there.)
    tolerance = 0.51
    assert (shown[..., 0] - expected_x).abs().max() < tolerance
    assert (shown[..., 1] - expected_y).abs().max() < tolerance


def assert_nearly_equal(view: np.ndarray, expected: Image.Image, levels: int) -> None:
    assert np.abs(view.astype(int) - np.array(expected)).max() <= levels


@pytest.mark.parametrize('seed', range(20))
def test_crop_equals_torchvision(seed: int) -> None:
    image = noise_image(seed, size=(173, 131))
    arguments = dict(size=(64, 48), scale=(0.2, 1.0), ratio=(0.5, 3.0))
    torch.manual_seed(seed)
    expected = T.RandomResizedCrop(**arguments)(image)
    torch.manual_seed(seed)
    top, left, height, width = T.RandomResizedCrop.get_params(
        image, arguments['scale'], arguments['ratio']
    )
    torch.manual_seed(seed)
    given = dict(img=np.array(image), box=WHOLE_IMAGE)
    results = RandomResizedCropWithBox(**arguments)(given)

    assert_nearly_equal(results['img'], expected, 1)
    assert results['box'] == pytest.approx(
        (left / 173, top / 131, (left + width) / 173, (top + height) / 131)
    )


def test_bicubic_crop_equals_torchvision() -> None:
    image = noise_image(0)
    torch.manual_seed(0)
    expected = T.RandomResizedCrop(32, interpolation=T.InterpolationMode.BICUBIC)(image)
    torch.manual_seed(0)
    crop = RandomResizedCropWithBox(32, interpolation='bicubic')
    results = crop(dict(img=np.array(image), box=WHOLE_IMAGE))
    assert_nearly_equal(results['img'], expected, 2)


@pytest.mark.parametrize('size', [(1, 1), (1, 2000), (2000, 1), (3, 2), (100, 30)])
def test_images_smaller_than_the_crop(size: tuple[int, int]) -> None:
    crop = RandomResizedCropWithBox(224)
    for seed in range(20):
        torch.manual_seed(seed)
        image = np.zeros((*size, 3), dtype=np.uint8)
        results = crop(dict(img=image, box=WHOLE_IMAGE))
        assert results['img'].shape == (224, 224, 3)
        x1, y1, x2, y2 = results['box']
        assert 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1


def test_flip_equals_torchvision() -> None:
    image, flip = noise_image(0), RandomHorizontalFlipWithBox(0.5)
    flipped = 0
    for seed in range(100):
        torch.manual_seed(seed)
        expected = T.RandomHorizontalFlip(0.5)(image)
        torch.manual_seed(seed)
        results = flip(dict(img=np.array(image), box=(0.1, 0.2, 0.3, 0.4)))
        assert np.array_equal(results['img'], np.array(expected))
        flipped += results['box'] == (0.3, 0.2, 0.1, 0.4)
    assert 30 < flipped < 70


@pytest.mark.parametrize(
    'cfg',
    [
        dict(type='RandomResizedCropWithBox', size=8, scale=(0.5, 0.2)),
        dict(type='RandomResizedCropWithBox', size=8, scale=(0.0, 1.0)),
        dict(type='RandomResizedCropWithBox', size=8, scale=(0.5, 1.5)),
        dict(type='RandomResizedCropWithBox', size=8, ratio=(2.0, 1.0)),
        dict(type='RandomResizedCropWithBox', size=8, interpolation='cubic'),
        dict(type='RandomResizedCropWithBox', size=8, interpolation='lanczos'),
        dict(type='RandomHorizontalFlipWithBox', prob=1.5),
    ],
)
def test_wrong_arguments(cfg: dict) -> None:
    with pytest.raises(ValueError):
        TRANSFORMS.build(cfg)
