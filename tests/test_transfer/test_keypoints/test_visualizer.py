"""Skeletons on images."""

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from setsim_mm.transfer.keypoints import COCO_PERSON, KeypointVisualizer
from setsim_mm.transfer.keypoints.meta import keypoint_indices

PLACES = keypoint_indices(COCO_PERSON)


@pytest.fixture
def visualizer() -> KeypointVisualizer:
    visualizer = KeypointVisualizer('keypoints', line_width=2)
    visualizer.dataset_meta = COCO_PERSON
    return visualizer


def drawn(visualizer: KeypointVisualizer, **values: torch.Tensor) -> np.ndarray:
    """Draw without boxes: only pixels of a skeleton are not black."""
    image = np.zeros((60, 80, 3), np.uint8)
    return visualizer._draw_instances(image, InstanceData(**values), None, None)


def one_person(*names: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return key points of which some are shown: shoulder, elbow and wrist in a row."""
    points, shown = torch.full((1, 17, 2), 50.5), torch.zeros(1, 17)
    for name, x in zip(('shoulder', 'elbow', 'wrist'), (10.5, 30.5, 50.5), strict=True):
        points[0, PLACES[f'left_{name}']] = torch.tensor([x, 20.5])
    for name in names:
        shown[0, PLACES[f'left_{name}']] = 1
    return points, shown


@pytest.mark.parametrize('scores', [True, False])
def test_links_are_drawn_between_the_key_points_that_are_shown(visualizer, scores):
    points, shown = one_person('shoulder', 'elbow')
    values = dict(keypoint_scores=0.5 * shown) if scores else {}
    image = drawn(visualizer, keypoints=points, keypoints_visible=shown, **values)
    left = np.array(COCO_PERSON['keypoint_palette'][PLACES['left_elbow']])
    for x in (10, 20, 30):
        assert np.abs(image[20, x] - left).max() < 60
    assert not image[20, 38:].any() and not image[30:].any()


def test_key_points_below_the_threshold_are_not_drawn(visualizer):
    points, shown = one_person('shoulder', 'elbow')
    assert not drawn(visualizer, keypoints=points, keypoint_scores=0.04 * shown).any()


def test_a_single_key_point_is_a_dot(visualizer):
    points, shown = one_person('shoulder')
    image = drawn(visualizer, keypoints=points, keypoint_scores=shown)
    assert image[20, 10].any() and not image[:, 20:].any()


def test_nothing_is_drawn_without_objects_or_key_points(visualizer):
    nobody = torch.zeros(0, 17, 2)
    assert not drawn(
        visualizer, keypoints=nobody, keypoints_visible=nobody[..., 0]
    ).any()
    boxes = torch.tensor([[5.0, 5, 70, 50]])
    assert drawn(visualizer, bboxes=boxes, labels=torch.zeros(1).long()).any()
