"""The meaning of COCO's key points, and errors in that of other data."""

import json

import numpy as np
import pytest
from pycocotools.cocoeval import Params

from setsim_mm.transfer.keypoints.meta import (
    COCO_PERSON,
    flip_indices,
    keypoint_indices,
    skeleton_links,
)
from setsim_mm.utils import UserError
from tests.conftest import photographs


def test_sigmas_are_those_of_pycocotools():
    expected = Params('keypoints').kpt_oks_sigmas
    np.testing.assert_allclose(COCO_PERSON['sigmas'], expected)


def test_names_and_skeleton_are_those_of_cocos_file():
    """By the file's own list of names and its links, which count from 1."""
    folder = photographs('coco_keypoints') / 'annotations'
    content = json.loads((folder / 'person_keypoints_val2017.json').read_text())
    (category,) = content['categories']
    assert list(COCO_PERSON['keypoints']) == category['keypoints']
    ours = [[one + 1, other + 1] for one, other in skeleton_links(COCO_PERSON)]
    assert ours == category['skeleton']


def test_names_and_skeleton_are_the_papers_numbers():
    assert len(COCO_PERSON['keypoints']) == len(COCO_PERSON['keypoint_palette']) == 17
    assert len(set(skeleton_links(COCO_PERSON))) == 19


def test_left_and_right_change_places():
    flipped = flip_indices(COCO_PERSON)
    names = COCO_PERSON['keypoints']
    swapped = {'left': 'right', 'right': 'left'}
    for name, index in zip(names, flipped, strict=True):
        side, _, part = name.partition('_')
        assert names[index] == (f'{swapped[side]}_{part}' if part else name)
    assert [flipped[index] for index in flipped] == list(range(17))


def test_pairs_may_be_missing():
    assert flip_indices(dict(keypoints=('tip', 'base'))) == (0, 1)
    assert keypoint_indices(dict(keypoints=('tip', 'base'))) == dict(tip=0, base=1)


@pytest.mark.parametrize(
    ('pairs', 'named'),
    [
        ([('a', 'b'), ('b', 'c')], "'b' 2 times"),
        ([('a', 'a')], "'a' 2 times"),
        ([('a', 'd')], "'d'"),
    ],
)
def test_a_flip_map_that_is_no_permutation_is_an_error(pairs, named):
    with pytest.raises(UserError, match=named):
        flip_indices(dict(keypoints=('a', 'b', 'c'), flip_pairs=pairs))
