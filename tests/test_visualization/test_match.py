"""Matches contain the results of the matcher."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from setsim_mm.models.matchers import build_matcher, cosine_similarity
from setsim_mm.structures import ViewFeatures
from setsim_mm.visualization import draw_correspondence, find_matches, match_views

WHOLE, MIRRORED = torch.tensor([0.0, 0, 1, 1]), torch.tensor([1.0, 0, 0, 1])
IMAGES = tuple(torch.zeros(2, 3, 8, 8, dtype=torch.uint8) for _ in range(2))
ONE_TO_ONE = ('RandomMatcher', 'SortMatcher', 'HungarianMatcher')


def view(rows: int, columns: int, box: torch.Tensor = WHOLE) -> ViewFeatures:
    return ViewFeatures(torch.rand(2, 5, rows, columns), box.repeat(2, 1))


def test_all_results_of_a_matcher() -> None:
    matcher = build_matcher(
        dict(
            type='UnionMatcher',
            matchers=[
                dict(type='Set2SetMatcher', threshold=0.6),
                dict(type='GeometricMatcher', radius=0.7),
            ],
            nearest_neighbor=True,
        )
    )
    query, key = view(3, 4), view(2, 5, MIRRORED)
    found = find_matches(matcher, query, key, IMAGES, names=['a', 'b'])
    similarity = cosine_similarity(query.feature_map, key.feature_map)
    correspondence = matcher(query, key)
    parts = matcher.positives_by_source(query, key)
    assert [match.name for match in found] == ['a', 'b']
    for n, match in enumerate(found):
        assert torch.equal(match.sets[0].flatten(), matcher.attended(query)[n])
        assert torch.equal(match.sets[1].flatten(), matcher.attended(key)[n])
        assert list(match.parts) == ['attention', 'geometry', 'nearest_neighbor']
        for source, mask in parts.items():
            assert torch.equal(match.parts[source], mask[n])
        assert torch.equal(match.correspondence, correspondence[n])
        for (i, j), score in zip(match.pairs.tolist(), match.scores, strict=True):
            assert correspondence[n, i, j] and score == similarity[n, i, j]
        assert [a.shape for a in match.attention] == [(3, 4), (2, 5)]
        assert all(a.min() == 0 and a.max() == 1 for a in match.attention)


def test_attention_has_the_power_of_the_matcher() -> None:
    features = torch.zeros(2, 2, 1, 3)
    features[:, :, 0] = torch.tensor([[0.0, 3, 4], [0, 1, 0]])
    both = ViewFeatures(features)
    for power, middle in ((1, 1.0), (2, 10 / 16)):  # 4 of 4, and 9 + 1 of 16
        matcher = build_matcher(dict(type='Set2SetMatcher', power=power))
        found = find_matches(matcher, both, both, IMAGES)[0]
        assert found.attention[0][0, 1] == pytest.approx(middle)


def test_constant_attention_is_full() -> None:
    both = ViewFeatures(torch.ones(2, 3, 2, 2))
    found = find_matches(build_matcher('Set2SetMatcher'), both, both, IMAGES)[0]
    assert found.attention[0].min() == 1 and found.sets[0].all()


@pytest.mark.parametrize('matcher', ONE_TO_ONE)
def test_lines_of_one_to_one_matchers(matcher: str) -> None:
    matcher = build_matcher(dict(type=matcher, threshold=0.2))
    torch.manual_seed(5)
    query, key = view(4, 4), view(4, 4)
    found = find_matches(matcher, query, key, IMAGES)[0]
    assert len(found.pairs) > 3
    figure = draw_correspondence(found, num_lines=99)
    drawn = {
        tuple(position_of(end) for end in line.get_xydata())
        for line in figure.axes[0].lines
        if line.get_linestyle() != 'None'
    }
    assert drawn == {tuple(pair) for pair in found.pairs.tolist()}


def position_of(point: np.ndarray) -> int:
    """Return the one of 4x4 positions at a point of either view."""
    x = point[0] if point[0] < 1 else point[0] - 1.12
    return int(point[1] * 4) * 4 + int(x * 4)


@pytest.mark.parametrize(
    ('matcher', 'parts', 'has_sets'),
    [
        ('GeometricMatcher', ['geometry'], False),
        ('Set2SetNNMatcher', ['attention', 'nearest_neighbor'], True),
        ('RandomMatcher', ['attention'], True),
    ],
)
def test_matchers_without_some_parts(matcher, parts, has_sets) -> None:
    found, _ = find_matches(build_matcher(matcher), view(3, 3), view(3, 3), IMAGES)
    assert list(found.parts) == parts
    assert found.sets[0].any() == has_sets
    draw_correspondence(found)


class TinyModel(nn.Module):
    """The attributes of an algorithm that match_views needs."""

    def __init__(self, matcher: str = 'Set2SetMatcher') -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.AvgPool2d(2), nn.BatchNorm2d(3), Tuple())
        self.matcher = build_matcher(matcher)

    def data_preprocessor(self, data: dict) -> tuple:
        return [view.float() for view in data['inputs']], []


class Tuple(nn.Module):
    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor]:
        return (features,)


def test_views_of_two_sizes_and_restored_state() -> None:
    model = TinyModel('RandomMatcher')
    views = (
        torch.randint(256, (3, 3, 8, 6), dtype=torch.uint8),
        torch.randint(256, (3, 3, 4, 10), dtype=torch.uint8),
    )
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1]
    found, again = (match_views(model, views) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.array_equal(np.random.get_state()[1], before[2])
    assert len(found) == 3
    assert [part.shape for part in found[0].sets] == [(4, 3), (2, 5)]
    for one, other in zip(found, again, strict=True):
        assert torch.equal(one.correspondence, other.correspondence)
    assert model.backbone[1].training
    assert model.backbone[1].num_batches_tracked == 0


def test_boxes_are_passed_to_the_matcher() -> None:
    views = (torch.randint(256, (1, 3, 8, 8), dtype=torch.uint8),) * 2
    boxes = WHOLE[None], MIRRORED[None]
    (found,) = match_views(TinyModel('GeometricMatcher'), views, boxes)
    mirrored = torch.eye(16).view(16, 4, 4).flip(2).flatten(1).bool()
    assert torch.equal(found.correspondence, mirrored)
