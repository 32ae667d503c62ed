"""The arithmetic of boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.datasets import WHOLE_IMAGE, crop_box, flip_box

# Left, top, width, height as shares of an image of 1 x 1.
shares = st.floats(0.1, 0.9)
crops = st.tuples(shares, shares, shares, shares)


def test_edges_are_those_of_pixels() -> None:
    # Columns 2, 3, 4 and row 7 of an image 10 wide and 8 high.
    assert crop_box(WHOLE_IMAGE, (2, 7, 3, 1), (10, 8)) == (0.2, 0.875, 0.5, 1.0)


def test_crop_of_everything_is_the_whole_image() -> None:
    assert crop_box(WHOLE_IMAGE, (0, 0, 33, 7), (33, 7)) == WHOLE_IMAGE


def test_flip_swaps_left_and_right() -> None:
    assert flip_box((0.1, 0.2, 0.3, 0.4)) == (0.3, 0.2, 0.1, 0.4)


@given(crops, crops)
def test_crop_of_a_crop(
    first: tuple[float, float, float, float],
    second: tuple[float, float, float, float],
) -> None:
    left, top, width, height = first
    # The second crop is given in units of the first one.
    direct = (
        left + second[0] * width,
        top + second[1] * height,
        second[2] * width,
        second[3] * height,
    )
    box = crop_box(crop_box(WHOLE_IMAGE, first, (1, 1)), second, (1, 1))
    assert box == pytest.approx(crop_box(WHOLE_IMAGE, direct, (1, 1)))


@given(crops)
def test_flip_then_crop_is_the_mirrored_crop_then_flip(
    crop: tuple[float, float, float, float],
) -> None:
    left, top, width, height = crop
    mirrored = (1 - left - width, top, width, height)
    assert crop_box(flip_box(WHOLE_IMAGE), crop, (1, 1)) == pytest.approx(
        flip_box(crop_box(WHOLE_IMAGE, mirrored, (1, 1)))
    )
