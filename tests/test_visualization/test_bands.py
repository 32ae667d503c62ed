"""The pixels in pictures of images with N channels."""

import numpy as np
import pytest
import torch

from setsim_mm.visualization.bands import shown_bands


def test_8_bit_rgb_is_shown_as_it_is():
    image = torch.randint(256, (3, 6, 7), dtype=torch.uint8)
    assert np.array_equal(shown_bands(image), image.permute(1, 2, 0).numpy())


@pytest.mark.parametrize('dtype', [torch.float32, torch.uint8])
def test_first_three_bands_are_stretched_one_by_one(dtype):
    ramp = torch.arange(101.0).expand(5, -1)  # percentiles are the values
    image = torch.stack([ramp, 2 * ramp, 200 - ramp, 0 * ramp]).to(dtype)
    shown = shown_bands(image)
    assert shown.shape == (5, 101, 3) and shown.dtype == np.uint8
    expected = 255 * (np.clip(np.arange(101.0), 2, 98) - 2) / 96
    for band, values in zip(
        shown[0].T, (expected, expected, 255 - expected), strict=True
    ):
        assert np.abs(band - values).max() <= 1


@pytest.mark.parametrize('channels', [1, 2])
def test_fewer_than_three_bands_are_grey(channels):
    image = torch.arange(channels * 50.0).view(channels, 5, 10)
    shown = shown_bands(image)
    assert np.array_equal(shown[..., 0], shown[..., 2])
    assert shown.min() == 0 and shown.max() == 255


def test_a_constant_band_has_one_value():
    assert np.unique(shown_bands(torch.full((4, 3, 3), 7.0))).size == 1
