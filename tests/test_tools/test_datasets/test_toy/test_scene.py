from itertools import pairwise

import numpy as np
import pytest

from toy.kinds import KINDS, SURFACES
from toy.scene import GAP, VOID_ROWS, draw_scenes


def draw(number=12, seed=0, name='a test', size=(160, 120), **more):
    return list(draw_scenes(number, size, seed, name, **more))


def test_same_arguments_draw_the_same():
    for one, other in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert [o.box for o in one.objects] == [o.box for o in other.objects]


@pytest.mark.parametrize('other', [dict(seed=1), dict(name='another test')])
def test_other_seeds_and_names_draw_something_else(other):
    assert not np.array_equal(draw(1)[0].image, draw(1, **other)[0].image)


def test_more_scenes_begin_with_the_same():
    np.testing.assert_array_equal(draw(2)[1].image, draw(5)[1].image)


@pytest.mark.parametrize('size', [(160, 120), (192, 96), (96, 96)])
def test_objects_keep_their_distance_and_stay_above_the_unlabelled_rows(size):
    for scene in draw(size=size):
        assert scene.image.shape == (size[1], size[0], 3)
        taken = np.zeros(scene.image.shape[:2], bool)
        for item in scene.objects:
            x1, y1, x2, y2 = item.box
            assert not item.mask[-VOID_ROWS:].any()
            around = taken[max(0, y1 - GAP) : y2 + GAP, max(0, x1 - GAP) : x2 + GAP]
            assert not around.any()
            taken |= item.mask


def test_a_box_encloses_its_mask():
    for scene in draw():
        for item in scene.objects:
            x1, y1, x2, y2 = item.box
            inside = item.mask[y1:y2, x1:x2]
            assert inside.sum() == item.mask.sum()
            for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
                assert edge.any()


def test_single_objects_have_sides_that_no_config_leaves_out():
    for scene in draw():
        for item in scene.objects:
            x1, y1, x2, y2 = item.box
            # MMDetection takes the distance from the first pixel to the last.
            assert item.crowd or min(x2 - x1, y2 - y1) - 1 >= 32


def test_six_scenes_show_every_kind_and_each_third_a_crowd():
    scenes = draw(6)
    assert [scene.objects[0].kind for scene in scenes] == list(KINDS)
    crowds = [sum(item.crowd for item in scene.objects) for scene in scenes]
    assert crowds == [1, 0, 0, 1, 0, 0]
    for scene in scenes:
        for item in scene.objects:
            assert len(item.polygons) == (4 if item.crowd else 1)


def test_surfaces_fill_the_picture_from_top_to_bottom():
    for scene in draw():
        assert list(scene.bands) == list(SURFACES)
        edges = list(scene.bands.values())
        assert edges[0][0] == 0 and edges[-1] == (120 - VOID_ROWS, 120)
        assert all(one[1] == two[0] for one, two in pairwise(edges))


def test_label_map_puts_objects_before_surfaces():
    (scene,) = draw(1)
    numbers = {kind: i for i, kind in enumerate(KINDS, start=10)}
    labels = scene.label_map(numbers, dict(sky=1, building=2))
    kerb = scene.bands['road'][0]
    outside = ~np.any([item.mask for item in scene.objects], axis=0)
    assert set(labels[:kerb][outside[:kerb]]) == {1, 2}
    assert set(labels[kerb:][outside[kerb:]]) == {0}  # not named
    for item in scene.objects:
        assert set(labels[item.mask]) == {numbers[item.kind]}
