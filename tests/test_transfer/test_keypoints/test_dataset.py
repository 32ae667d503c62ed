"""Annotations of key points as data sets give them, and errors in them."""

import json
import logging

import numpy as np
import pytest

from setsim_mm.utils import UserError
from tests.logged_messages import logged_messages

from .people import NUMBER, SIZE, annotation, dataset, write_annotations


def test_pixels_become_coordinates(tmp_path):
    keypoints = [0, 0, 1, *(NUMBER - 2) * [0, 0, 0], *SIZE, 0]
    keypoints[-3:] = [SIZE[0] - 1, SIZE[1] - 1, 2]
    path = write_annotations(tmp_path / 'a.json', annotation(keypoints=keypoints))
    (instance,) = dataset(path).get_data_info(0)['instances']
    expected = np.zeros((NUMBER, 3))
    expected[0] = [0.5, 0.5, 1]
    expected[-1] = [SIZE[0] - 0.5, SIZE[1] - 0.5, 2]
    np.testing.assert_array_equal(instance['keypoints'], expected)


def test_key_points_stay_with_their_objects(tmp_path):
    """MMDetection leaves out the second object, whose box is empty."""
    first, third = annotation(), annotation(id=3, keypoints=17 * [9, 8, 2])
    empty = annotation(id=2, area=0)
    crowd = annotation(id=4, iscrowd=1, keypoints=17 * [0, 0, 0])
    path = write_annotations(tmp_path / 'a.json', first, empty, third, crowd)
    instances = dataset(path).get_data_info(0)['instances']
    assert [instance['ignore_flag'] for instance in instances] == [0, 0, 1]
    assert instances[0]['keypoints'][1].tolist() == [11.5, 9.5, 2]
    assert instances[1]['keypoints'][1].tolist() == [9.5, 8.5, 2]
    assert 'keypoints' not in instances[2]


def test_objects_without_key_points_are_kept(tmp_path):
    without = annotation(id=2)
    del without['keypoints']
    path = write_annotations(tmp_path / 'a.json', annotation(), without)
    instances = dataset(path).get_data_info(0)['instances']
    assert ['keypoints' in instance for instance in instances] == [True, False]


def test_images_with_few_key_points_are_left_out_of_the_training(tmp_path):
    def keypoints(number):
        return number * [5, 5, 2] + (NUMBER - number) * [0, 0, 0]

    people = [
        annotation(id=i, image_id=i, keypoints=keypoints(i - 1)) for i in (1, 2, 3)
    ]
    path = write_annotations(tmp_path / 'a.json', *people, images=4)
    for options, kept in (
        (dict(filter_cfg=dict(min_keypoints=1)), [2, 3]),
        (dict(filter_cfg=dict(min_keypoints=2)), [3]),
        (dict(filter_cfg=dict(filter_empty_gt=True)), [1, 2, 3]),
        (dict(filter_cfg=dict(min_keypoints=1), test_mode=True), [1, 2, 3, 4]),
        ({}, [1, 2, 3, 4]),
    ):
        loaded = dataset(path, **options)
        assert [loaded.get_data_info(i)['img_id'] for i in range(len(loaded))] == kept


def test_another_number_of_key_points_is_an_error(tmp_path):
    path = write_annotations(tmp_path / 'a.json', annotation(keypoints=14 * [5, 5, 2]))
    with pytest.raises(UserError, match=r'annotation 1 of .*a\.json.* 42 .* 17 '):
        dataset(path)
    own = dict(keypoints=tuple(map(str, range(14))), flip_pairs=())
    assert len(dataset(path, metainfo=own).get_data_info(0)['flip_indices']) == 14


def test_a_flip_map_that_is_no_permutation_is_an_error(tmp_path):
    path = write_annotations(tmp_path / 'a.json', annotation())
    pairs = (('nose', 'left_eye'), ('nose', 'right_eye'))
    with pytest.raises(UserError, match="'nose' 2 times"):
        dataset(path, metainfo=dict(flip_pairs=pairs))


@pytest.mark.parametrize('keypoints', [17 * [0, 0, 0], None])
def test_training_without_a_key_point_is_an_error(tmp_path, keypoints):
    path = write_annotations(tmp_path / 'a.json', annotation(keypoints=keypoints))
    with pytest.raises(UserError, match=r'a\.json'):
        dataset(path)
    assert len(dataset(path, test_mode=True)) == 1  # images without annotations


def outside(number_of_people: int) -> list[dict]:
    """Return people of whom one has a key point to the left of the image."""
    people = [annotation(id=i) for i in range(number_of_people)]
    people[-1]['keypoints'][:2] = [-1, 5]
    return people


def test_few_key_points_outside_of_the_image_count_as_not_labelled(tmp_path):
    people = outside(6)  # one of 102
    path = write_annotations(tmp_path / 'a.json', *people)
    with logged_messages(logging.WARNING) as messages:
        instances = dataset(path).get_data_info(0)['instances']
    assert any('1 of 102' in text and 'annotation 5' in text for text in messages)
    assert instances[-1]['keypoints'][0].tolist() == [0, 0, 0]
    assert (instances[-1]['keypoints'][1:, 2] == 2).all()


def test_many_key_points_outside_of_the_image_are_an_error(tmp_path):
    path = write_annotations(tmp_path / 'a.json', *outside(5))  # one of 85
    with pytest.raises(UserError, match=r'1 of 85 .*a\.json.* annotation 4'):
        dataset(path)


def test_toy_people_are_read(toy_data):
    path = toy_data.root / 'coco/annotations/person_keypoints_train2017.json'
    annotated = json.loads(path.read_text())['annotations']
    loaded = dataset(path, filter_cfg=dict(min_keypoints=1))
    assert len(loaded) == toy_data.num_train
    found = [
        instance
        for i in range(len(loaded))
        for instance in loaded.get_data_info(i)['instances']
    ]
    numbers = [
        int((instance['keypoints'][:, 2] > 0).sum()) if 'keypoints' in instance else 0
        for instance in found
    ]
    assert numbers == [one['num_keypoints'] for one in annotated]
    assert 0 in numbers and len(set(numbers)) > 3
