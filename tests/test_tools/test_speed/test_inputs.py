"""Random inputs with the properties of real views."""

import pytest
import torch

from measurements.inputs import (
    corresponding_sets,
    loss_inputs,
    near_positions,
    random_boxes,
    with_share,
)


@pytest.mark.parametrize('share', [0.001, 0.25, 1.0])
def test_sets_pair_all_attended_positions(share):
    count = max(1, round(share * 25))
    correspondence = corresponding_sets(6, 5, share)
    assert correspondence.any(dim=2).sum(dim=1).tolist() == [count] * 6
    assert correspondence.sum(dim=(1, 2)).tolist() == [count**2] * 6


def test_boxes_are_those_of_moco_views():
    boxes = random_boxes(400)
    assert boxes.min() >= 0 and boxes.max() <= 1
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    assert 0.4 < (width < 0).float().mean() < 0.6  # flipped
    area = width.abs() * height
    assert area.min() > 0.19 and area.max() <= 1
    assert area.mean() == pytest.approx(0.6, abs=0.05)  # uniform from 0.2 to 1


def test_near_positions_are_few_for_each():
    correspondence = near_positions(50, 7)
    assert correspondence.shape == (50, 49, 49)
    assert correspondence.sum(dim=2).float().mean() < 5
    assert 0.6 < correspondence.any(dim=2).float().mean() < 0.95


@pytest.mark.parametrize('share', [0.0, 0.3, 1.0])
def test_a_share_of_the_rows_keeps_its_positives(share):
    correspondence = torch.rand(4, 10, 10) < 0.1
    matched = correspondence.any(dim=2)
    thinned = with_share(correspondence, share)
    assert thinned.any(dim=2).sum() == min(round(share * 40), int(matched.sum()))
    kept = thinned.any(dim=2)
    assert thinned[kept].equal(correspondence[kept])


def test_projections_and_negatives_have_length_1():
    sets = corresponding_sets(3, 2, 0.5)
    query, key, correspondence, negatives = loss_inputs(3, 2, 8, 20, sets)
    for features in (query, key):
        torch.testing.assert_close(features.norm(dim=1), torch.ones(3, 2, 2))
    torch.testing.assert_close(negatives.norm(dim=0), torch.ones(20))
    assert correspondence.equal(sets)
    assert query.requires_grad and not key.requires_grad
