"""The statistics in the log, against counts by hand."""

import pytest
import torch

from setsim_mm.models.matchers import (
    GeometricMatcher,
    Set2SetMatcher,
    UnionMatcher,
    build_matcher,
    matching_statistics,
)
from setsim_mm.structures import ViewFeatures
from tests.references import as_mask


class Attending(Set2SetMatcher):
    """Attends two query and three key positions on average."""

    def attended(self, view):
        counts = (1, 3) if view.grid == (2, 2) else (2, 4)
        mask = torch.zeros(2, view.grid[0] * view.grid[1], dtype=torch.bool)
        for image, count in enumerate(counts):
            mask[image, :count] = True
        return mask


def statistics_of(matcher, parts):
    query = ViewFeatures(torch.zeros(2, 1, 2, 2))
    key = ViewFeatures(torch.zeros(2, 1, 1, 5))
    return matching_statistics(matcher, query, key, parts)


def test_by_hand():
    parts = {
        'attention': torch.stack([as_mask({(0, 0), (0, 1), (2, 4)}, 4, 5),
                                  as_mask({}, 4, 5)]),
        'geometry': torch.stack([as_mask({(0, 1), (3, 3)}, 4, 5),
                                 as_mask({(1, 1)}, 4, 5)]),
        'nearest_neighbor': torch.stack([as_mask({(3, 3), (0, 4)}, 4, 5),
                                         as_mask({(1, 2)}, 4, 5)]),
    }  # fmt: skip
    statistics = statistics_of(Attending(), parts)
    assert {name: value.item() for name, value in statistics.items()} == {
        'attended_query': 2.0,
        'attended_key': 3.0,
        'positives_from_attention': 1.5,  # 3 and 0
        'positives_added_by_geometry': 1.0,  # (3, 3); (1, 1)
        'positives_added_by_nearest_neighbor': 1.0,  # (0, 4); (1, 2)
        'positives_per_query': pytest.approx(7 / 4),  # 3, 1, 1 and 2
        'images_without_positive': 0.0,
    }
    assert all(v.dtype == torch.float32 and v.dim() == 0 for v in statistics.values())


def test_without_any_positive():
    statistics = statistics_of(
        GeometricMatcher(), {'geometry': torch.zeros(2, 4, 5, dtype=torch.bool)}
    )
    assert {name: value.item() for name, value in statistics.items()} == {
        'positives_from_geometry': 0.0,
        'positives_per_query': 0.0,
        'images_without_positive': 1.0,
    }


def test_half_of_the_images_without_positive():
    mask = torch.zeros(2, 4, 5, dtype=torch.bool)
    mask[1, 0] = True
    statistics = statistics_of(GeometricMatcher(), {'geometry': mask})
    assert statistics['images_without_positive'] == 0.5
    assert statistics['positives_per_query'] == 5


def test_parts_add_up_to_the_correspondence():
    box = torch.tensor([[0.0, 0.0, 0.8, 0.8], [0.1, 0.2, 0.9, 1.0]])
    views = [ViewFeatures(torch.randn(2, 4, 4, 4), box) for _ in range(2)]
    matcher = UnionMatcher(
        [Set2SetMatcher(0.5), GeometricMatcher()], nearest_neighbor=True
    )
    parts = matcher.positives_by_source(*views)
    statistics = matching_statistics(matcher, *views, parts)
    total = sum(value for name, value in statistics.items() if '_per_' not in name
                and name.startswith('positives_'))  # fmt: skip
    torch.testing.assert_close(total, matcher(*views).sum() / 2)


class TestReuse:
    """Attention is computed once per view, and the log values stay the same."""

    CONFIGS = (
        {'type': 'Set2SetNNMatcher', 'threshold': 0.4},
        {'type': 'HungarianMatcher', 'threshold': 0.4, 'power': 2},
        {'type': 'UnionMatcher', 'matchers': [{'type': 'GeometricMatcher'},
                                              {'type': 'SortMatcher'}]},
    )  # fmt: skip

    @pytest.mark.parametrize('config', CONFIGS, ids=lambda config: config['type'])
    def test_log_values_equal_those_of_new_views(self, config):
        box = torch.tensor([[0.0, 0.0, 0.8, 0.8], [0.1, 0.2, 0.9, 1.0]])
        views = [ViewFeatures(torch.randn(2, 4, 4, 4), box) for _ in range(2)]
        matcher = build_matcher(config)
        parts = matcher.positives_by_source(*views)
        reused = matching_statistics(matcher, *views, parts)
        new = [ViewFeatures(view.feature_map, box) for view in views]
        assert reused == matching_statistics(matcher, *new, parts)

    def test_the_log_reads_the_mask_of_the_matcher(self):
        views = [ViewFeatures(torch.randn(2, 4, 4, 4)) for _ in range(2)]
        matcher = Set2SetMatcher(0.4)
        matcher(*views)
        masks = [matcher.attended(view) for view in views]
        for view in views:
            view.feature_map.zero_()  # attention computed now would select everything
        statistics = matching_statistics(matcher, *views, {'a': matcher(*views)})
        for side, mask in zip(('query', 'key'), masks, strict=True):
            assert statistics[f'attended_{side}'] == mask.sum() / 2
            assert mask.sum() < mask.numel()

    def test_matchers_with_other_options_do_not_share(self):
        view = ViewFeatures(torch.tensor([[1.0, 2.0, 3.0, 4.0]]).view(1, 1, 2, 2))
        counts = [int(Set2SetMatcher(d, p).attended(view).sum())
                  for d, p in ((0.3, 1), (0.6, 1), (0.6, 2))]  # fmt: skip
        assert counts == [3, 2, 1]


def test_a_plain_function_is_counted_under_matcher():
    def everything(query, key):
        return torch.ones(2, 4, 5, dtype=torch.bool)

    matcher = build_matcher(everything)
    view = ViewFeatures(torch.zeros(2, 1, 2, 2))
    statistics = statistics_of(matcher, matcher.positives_by_source(view, view))
    assert statistics['positives_from_matcher'] == 20


def test_a_source_that_would_be_added_to_the_loss():
    """mmengine sums all values with 'loss' in their name."""
    parts = {'gloss': torch.ones(1, 1, 1, dtype=torch.bool)}
    with pytest.raises(ValueError, match="'gloss'"):
        statistics_of(build_matcher(lambda query, key: parts['gloss']), parts)
