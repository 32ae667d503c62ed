"""Label images that are drawn from objects, pixel by pixel."""

import numpy as np
import pytest

from setsim_mm.transfer.labels.shapes import Shape, draw_label, mask_of
from setsim_mm.utils import UserError

SIZE = 5, 4  # width, height


def test_small_boxes_are_above_large_ones_and_cut_at_the_border():
    large, small = Shape('a', (1, 1, 99, 99)), Shape('b', (2, 2, 4, 3))
    expected = [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1],
        [0, 1, 2, 2, 1],
        [0, 1, 1, 1, 1],
    ]
    for shapes in ([large, small], [small, large]):
        assert draw_label(shapes, SIZE, dict(a=1, b=2)).tolist() == expected


def test_crowds_have_no_class():
    label = draw_label([Shape('a', (0, 0, 2, 4), crowd=True)], SIZE, dict(a=1))
    assert label.tolist() == [[255, 255, 0, 0, 0]] * 4


def test_run_lengths_go_down_the_columns():
    counts = [1, 3, 4, 2, 10]  # background first
    mask = mask_of(Shape('a', (0, 0, 5, 4), dict(size=[4, 5], counts=counts)), SIZE)
    assert mask.T.ravel().astype(int).tolist() == (
        [0] * 1 + [1] * 3 + [0] * 4 + [1] * 2 + [0] * 10
    )


def test_compressed_run_lengths_are_those_of_pycocotools():
    from pycocotools import mask as coco

    mask = np.random.default_rng(0).random((4, 5)) < 0.5
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert (mask_of(Shape('a', (0, 0, 5, 4), encoded), SIZE) == mask).all()


def test_polygons_fill_the_pixels_of_their_box():
    mask = mask_of(Shape('a', (1, 1, 4, 4), [[1, 1, 4, 1, 4, 4, 1, 4]]), SIZE)
    assert mask[1:4, 1:4].all() and mask.sum() == 9


def test_run_lengths_of_another_size():
    with pytest.raises(UserError, match=r'\[2, 2\]'):
        mask_of(Shape('a', (0, 0, 1, 1), dict(size=[2, 2], counts=[4])), SIZE)


def test_the_stated_area_decides_what_is_above():
    """The box of 'a' is the smaller one, its stated area the larger one."""
    shapes = [Shape('a', (0, 0, 2, 2), stated_area=9), Shape('b', (0, 0, 3, 2))]
    label = draw_label(shapes, SIZE, dict(a=1, b=2))
    assert label[0].tolist() == [2, 2, 2, 0, 0]
