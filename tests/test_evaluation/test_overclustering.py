"""Overclustering of images that colour alone tells apart."""

import pytest
from torch import nn

from setsim_mm.evaluation.overclustering import (
    OverclusteringOptions,
    evaluate_overclustering,
)
from setsim_mm.utils import UserError
from tests.labelled_images import camvid_images, write_camvid


@pytest.fixture
def scenes(tmp_path):
    return camvid_images(write_camvid(tmp_path / 'camvid'), 'val')


def evaluate(images, num_clusters, **options):
    return evaluate_overclustering(
        nn.AvgPool2d(16),
        lambda pixels: pixels.float(),
        images,
        OverclusteringOptions(num_clusters, **options),
    )


@pytest.mark.parametrize('num_clusters', [3, 6])
def test_colours_are_clusters(scenes, num_clusters):
    result = evaluate(scenes, num_clusters, num_seeds=2, map_size=64)
    # The borders of sky, road and the unlabelled columns are borders of patches.
    assert result.miou == pytest.approx(100)
    assert len(result.mious) == 2


def test_order_of_images_changes_nothing(scenes):
    expected = evaluate(scenes, 3, num_seeds=1)
    scenes.samples = scenes.samples[::-1]
    assert evaluate(scenes, 3, num_seeds=1).miou == pytest.approx(expected.miou)


def test_more_clusters_than_positions(scenes):
    with pytest.raises(UserError, match='192'):
        evaluate(scenes, 193)


@pytest.mark.parametrize(
    'wrong', [dict(num_clusters=1), dict(dimensions=0), dict(num_seeds=0)]
)
def test_numbers_out_of_range(wrong):
    with pytest.raises(UserError, match=str(*wrong.values())):
        OverclusteringOptions(**wrong)
