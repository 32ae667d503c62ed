"""The rows whose loss is computed, and the mean over them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.models.losses.positions import mean_over_images, rows_of
from tests.strategies import seeds


@given(st.integers(1, 4), st.integers(1, 6), seeds)
def test_counted_and_all_rows_have_the_same_mean(images, positions, seed):
    generator = torch.Generator().manual_seed(seed)
    matched = torch.rand(images, positions, generator=generator) < 0.4
    values = torch.randn(images, positions, generator=generator).double()
    expected = sum(
        of_image[chosen].mean()
        for of_image, chosen in zip(values, matched, strict=True)
        if chosen.any()
    )
    for count_rows in (True, False):
        image, position = rows_of(matched, count_rows)
        mean = mean_over_images(values[image, position], image, position, matched)
        assert mean.item() == pytest.approx(float(expected / images), abs=1e-12)
        if count_rows and positions > 1:
            assert matched[image, position].all()
            assert len(image) == matched.sum()
        else:
            assert len(image) == matched.numel()
