"""Key points follow their image through MMDetection's transforms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmcv.transforms import Compose
from mmdet.registry import TRANSFORMS
from mmengine.registry import DefaultScope

from setsim_mm.transfer.keypoints import COCO_PERSON
from setsim_mm.transfer.keypoints.meta import flip_indices
from setsim_mm.utils import UserError

from .people import NUMBER, SIZE

FLIPPED = flip_indices(COCO_PERSON)
LOAD, PACK = dict(type='LoadKeypointAnnotations'), dict(type='PackKeypointInputs')
FLIP = dict(type='RandomFlip', prob=1.0)


def sample(points: np.ndarray) -> dict:
    """Return what a data set yields; the image holds each pixel's own coordinates."""
    width, height = SIZE
    ys, xs = np.mgrid[:height, :width]
    image = np.stack([xs, ys, np.zeros_like(xs)], -1).astype(np.uint8)
    flags = np.tile([2, 1, 0], NUMBER)[:NUMBER]
    first = np.column_stack([points, flags]).astype(np.float32)
    first[flags == 0] = 0
    instances = [
        dict(bbox=[4.0, 2, 60, 46], bbox_label=0, ignore_flag=0, keypoints=first),
        dict(bbox=[0.0, 0, 8, 8], bbox_label=0, ignore_flag=0),
        dict(bbox=[50.0, 30, 60, 40], bbox_label=0, ignore_flag=1),
    ]
    return dict(
        img=image, img_shape=(height, width), ori_shape=(height, width), height=height,
        width=width, instances=instances, flip_indices=FLIPPED,
    )  # fmt: skip


def transformed(points: np.ndarray, *steps: dict, before: tuple = ()) -> dict:
    with DefaultScope.overwrite_default_scope('mmdet'):
        pipeline = [TRANSFORMS.build(step) for step in (*before, LOAD, *steps, PACK)]
    return Compose(pipeline)(sample(points))


def points(seed: int = 0) -> np.ndarray:
    """Return the centres of random pixels."""
    return np.random.default_rng(seed).integers((5, 3), (59, 45), (NUMBER, 2)) + 0.5


def people(packed: dict) -> tuple[torch.Tensor, torch.Tensor]:
    truth = packed['data_samples'].gt_instances
    return truth.keypoints, truth.keypoints_visible


def test_without_a_transform_nothing_changes():
    keypoints, visible = people(transformed(points()))
    assert keypoints.shape == (2, NUMBER, 2) and keypoints.dtype == torch.float32
    labelled = np.arange(NUMBER) % 3 != 2
    np.testing.assert_array_equal(keypoints[0], points() * labelled[:, None])
    assert visible[0].tolist() == np.tile([2, 1, 0], NUMBER)[:NUMBER].tolist()
    assert not keypoints[1].any() and not visible[1].any()


STEPS = {
    'resize': (dict(type='Resize', scale=(128, 128), keep_ratio=True),),
    'stretch': (dict(type='Resize', scale=(128, 48)),),
    'flip': (FLIP,),
    'crop': (dict(type='RandomCrop', crop_size=(30, 40), allow_negative_crop=True),),
    'pad': (dict(type='Pad', size=(100, 90)),),
    'flip, pad and crop': (
        FLIP,
        dict(type='Pad', size=(70, 70)),
        dict(type='RandomCrop', crop_size=(40, 50), allow_negative_crop=True),
    ),
    'rotate': (dict(type='Rotate', prob=1.0, level=3, interpolation='nearest'),),
}


@pytest.mark.parametrize('name', STEPS)
@pytest.mark.parametrize('seed', range(3))
def test_key_points_stay_on_their_pixels(name, seed):
    """The image holds the coordinates of its pixels before the transforms."""
    np.random.seed(seed)
    truth = points(seed)
    packed = transformed(truth, *STEPS[name])
    keypoints, visible = (values[0].numpy() for values in people(packed))
    image = packed['inputs'].numpy()  # (3, H, W)
    mirrored = 'flip' in name
    assert visible.any()
    for index, (x, y) in enumerate(keypoints):
        if visible[index]:
            origin = truth[FLIPPED[index] if mirrored else index]
            seen = image[:2, int(y), int(x)]
            # Pixels of enlarged or rotated images are a blend of their neighbours.
            assert np.abs(seen + 0.5 - origin).max() <= 1.5


def test_flip_changes_left_and_right():
    keypoints, visible = people(transformed(points(), FLIP))
    plain, flags = people(transformed(points()))
    names = COCO_PERSON['keypoints']
    left, right = names.index('left_ear'), names.index('right_ear')
    assert (flags[0, left], flags[0, right]) == (2, 1)
    assert (visible[0, left], visible[0, right]) == (1, 2)
    assert keypoints[0, right, 0] == SIZE[0] - plain[0, left, 0]
    assert keypoints[0, right, 1] == plain[0, left, 1]


@given(st.integers(0, 2**31), st.sampled_from(['horizontal', 'vertical', 'diagonal']))
def test_two_flips_give_the_original(seed, direction):
    flip = FLIP | dict(direction=direction)
    for once, twice in zip(
        people(transformed(points(seed))),
        people(transformed(points(seed), flip, flip)),
        strict=True,
    ):
        torch.testing.assert_close(once, twice)


def test_diagonal_flip_turns_a_person_and_does_not_mirror_it():
    keypoints, _ = people(transformed(points(), FLIP | dict(direction='diagonal')))
    plain, visible = people(transformed(points()))
    shown = visible[0] > 0
    expected = torch.tensor(SIZE) - plain[0, shown]
    torch.testing.assert_close(keypoints[0, shown], expected)


def test_key_points_that_a_crop_cuts_off_are_not_labelled():
    np.random.seed(1)
    crop = dict(type='RandomCrop', crop_size=(20, 20), allow_negative_crop=True)
    packed = transformed(points(), crop)
    keypoints, visible = people(packed)
    _, before = people(transformed(points()))
    assert 0 < (visible[0] > 0).sum() < (before[0] > 0).sum()
    assert not keypoints[visible == 0].any()
    assert (keypoints >= 0).all() and (keypoints <= 20).all()
    # The small person of the corner is outside, and the crowd is kept apart.
    assert len(packed['data_samples'].gt_instances) == len(keypoints) == 1


def test_annotations_of_a_test_are_those_of_the_original_image():
    resize = dict(type='Resize', scale=(128, 128), keep_ratio=True)
    packed = transformed(points(), before=(resize,))
    assert packed['inputs'].shape == (3, 96, 128)
    torch.testing.assert_close(people(packed), people(transformed(points())))


def test_samples_without_annotations_are_packed():
    with DefaultScope.overwrite_default_scope('mmdet'):
        packed = TRANSFORMS.build(PACK)(sample(points()))
    assert 'keypoints' not in packed['data_samples'].gt_instances


def test_a_transform_without_a_record_is_an_error():
    np.random.seed(0)
    expand = dict(type='Expand', prob=1.0, ratio_range=(3, 4))
    with pytest.raises(UserError, match='homography_matrix'):
        transformed(points(), expand)
