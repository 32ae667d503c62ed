"""Toy people in COCO's format agree with the figures, also in COCO's own tools."""

import numpy as np
import pytest
from mmdet.datasets.api_wrappers import COCO

from toy.coco_people import coco_people
from toy.people import NOT_LABELLED, OCCLUDED, VISIBLE


@pytest.mark.parametrize('part', ['train2017', 'val2017'])
def test_annotations_agree_with_the_figures(toy_data, part):
    number = dict(train2017=toy_data.num_train, val2017=toy_data.num_val)[part]
    coco = COCO(str(toy_data.root / f'coco/annotations/person_keypoints_{part}.json'))
    drawn = coco_people(part, number, toy_data.seed)
    seen = set()
    for image_id, (image, people) in zip(coco.get_img_ids(), drawn, strict=True):
        found = coco.load_anns(coco.get_ann_ids(img_ids=[image_id]))
        for one, person in zip(found, people, strict=True):
            x, y, width, height = one['bbox']
            ys, xs = np.nonzero(person.mask)
            assert (x, y) == (xs.min(), ys.min())
            assert (x + width, y + height) == (xs.max() + 1, ys.max() + 1)
            assert one['area'] == person.mask.sum()
            keypoints = np.reshape(one['keypoints'], (17, 3))
            np.testing.assert_array_equal(keypoints, person.keypoints)
            labelled = keypoints[keypoints[:, 2] > NOT_LABELLED]
            assert one['num_keypoints'] == len(labelled)
            assert (labelled[:, :2] >= 0).all()
            assert (labelled[:, :2] < image.shape[1::-1]).all()
            seen |= set(keypoints[:, 2].tolist())
    assert seen == {NOT_LABELLED, OCCLUDED, VISIBLE}


def test_two_figures_of_an_image_do_not_overlap():
    for _, (one, other) in coco_people('train2017', 6, 0):
        assert not (one.mask & other.mask).any()
