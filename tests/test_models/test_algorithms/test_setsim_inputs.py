"""Views, boxes, matchers and wrong settings of SetSim."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from setsim_mm.host import SelfSupDataSample
from setsim_mm.models.matchers import SortMatcher
from setsim_mm.registry import MATCHERS
from tests.references import as_mask

from .plain_setsim import QUEUE, setsim
from .tiny_steps import (
    GEO,
    IMAGES,
    SET,
    overlapping_boxes,
    samples_with,
    two_views,
)

pytestmark = pytest.mark.usefixtures('tiny_backbone')


def test_a_queue_shorter_than_the_batch():
    views = [torch.randn(QUEUE + 1, 3, 32, 32) for _ in range(2)]
    with pytest.raises(ValueError, match='queue_len'):
        setsim(SET).loss(views, None)


@pytest.mark.parametrize('views', [1, 3])
def test_other_than_two_views(views):
    with pytest.raises(ValueError, match='num_views=2'):
        setsim(SET).loss([torch.randn(IMAGES, 3, 32, 32)] * views, None)


def test_boxes_in_some_samples_only():
    samples = [*samples_with(overlapping_boxes())[:2], SelfSupDataSample()]
    with pytest.raises(ValueError, match='1 of 3 samples'):
        setsim().loss(two_views(), samples)


def test_queues_and_neck_of_different_dimensions():
    with pytest.raises(ValueError, match='feat_dim=9'):
        setsim(feat_dim=9)


def test_ranks_that_exchange_images():
    assert setsim(shuffle_ranks=8).shuffling_bn.ranks == 8
    assert setsim().shuffling_bn.ranks is None
    with pytest.raises(ValueError, match='shuffle_ranks'):
        setsim(shuffle_ranks=1)


def test_boxes_come_from_the_metainfo():
    """The overlap of the views determines the number of geometric pairs."""
    views = two_views()
    same = torch.tensor([[0.0, 0.0, 1.0, 1.0]] * 2).expand(IMAGES, 2, 4)
    apart = torch.tensor([[0.0, 0.0, 0.1, 0.1], [0.8, 0.8, 0.9, 0.9]])
    counts = []
    for boxes in (same, apart.expand(IMAGES, 2, 4)):
        model = setsim(GEO)
        outputs = model.loss(views, samples_with(boxes))
        counts.append(outputs['positives_from_geometry'].item())
    assert counts == [16, 0]  # a grid of 4 by 4


@pytest.mark.parametrize('samples', [None, 'empty'])
def test_geometry_without_boxes(samples):
    if samples:
        samples = [SelfSupDataSample() for _ in range(IMAGES)]
    with pytest.raises(ValueError, match=r'GeometricMatcher.*view_boxes'):
        setsim().loss(two_views(), samples)
    setsim(SET).loss(two_views(), samples)


def test_only_the_matchers_config_changes():
    for name in ('Random', 'Sort', 'Hungarian', 'Set2Set', 'Set2SetNN'):
        outputs = setsim({'type': f'{name}Matcher'}).loss(two_views(), None)
        assert outputs['images_without_positive'] == 0
        assert outputs['loss_set'] > 0


@pytest.mark.parametrize('inside_union', [True, False])
def test_a_matcher_from_outside_the_package(inside_union):
    @MATCHERS.register_module()
    class FirstWithFirst(nn.Module):
        def forward(self, query, key):
            pairs = as_mask({(0, 0)}, 16, 16)
            return pairs.expand(len(query.feature_map), -1, -1)

    matcher = {'type': 'FirstWithFirst'}
    if inside_union:
        matcher = {'type': 'UnionMatcher', 'matchers': [matcher]}
    outputs = setsim(matcher).loss(two_views(), None)
    assert outputs['positives_from_matcher'] == 1
    assert outputs['positives_per_query'] == 1
    assert outputs['loss_set'] > 0


def test_a_function_as_matcher():
    def nothing(query, key):
        return torch.zeros(IMAGES, 16, 16, dtype=torch.bool)

    assert setsim(nothing).loss(two_views(), None)['loss_set'] == 0


def test_the_error_for_an_unknown_matcher_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'Set3SetMatcher'.*Set2SetMatcher"):
        setsim({'type': 'Set3SetMatcher'})


def test_a_name_instead_of_a_config():
    """From `--cfg-options model.matcher=SortMatcher`."""
    assert isinstance(setsim('SortMatcher').matcher, SortMatcher)
    with pytest.raises(ValueError, match='SortsMatcher'):
        setsim('SortsMatcher')


def test_wrong_channels_name_the_setting():
    with pytest.raises(ValueError, match='in_channels to 12'):
        setsim(channels=2048).loss(two_views(), samples_with(overlapping_boxes()))


def test_boxes_as_the_pipeline_packs_them():
    """float32 or float64 arrays."""
    model, views = setsim(GEO), two_views()
    other = deepcopy(model)
    samples = [SelfSupDataSample() for _ in range(IMAGES)]
    for sample, per_view in zip(samples, overlapping_boxes(), strict=True):
        sample.set_metainfo({'view_boxes': per_view.numpy().astype(np.float64)})
    double = other.loss(views, samples)
    single = model.loss(views, samples_with(overlapping_boxes()))
    torch.testing.assert_close(double['loss_set'], single['loss_set'])
