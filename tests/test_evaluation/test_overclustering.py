"""Clusters become classes; on images that colour alone tells apart they agree."""

import pytest
import torch
from hypothesis import given
from torch import nn

from setsim_mm.evaluation.label_images import LabelImages, find_label_images
from setsim_mm.evaluation.overclustering import (
    classes_by_majority,
    classes_one_to_one,
    cluster_miou,
    evaluate_overclustering,
)
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid
from tests.strategies import seeds


def test_majority_of_each_cluster():
    confusion = torch.tensor([[5, 0, 1], [4, 2, 1]])
    assert classes_by_majority(confusion).tolist() == [0, 1, 0]


def test_one_to_one_has_the_most_hits():
    # By majority both clusters would be class 0.
    confusion = torch.tensor([[5, 9], [4, 1]])
    assert classes_one_to_one(confusion).tolist() == [1, 0]
    # Class 0: 9 of 9 + 5 + 1; class 1: 4 of 4 + 5 + 1.
    assert cluster_miou(confusion) == pytest.approx(100 * (9 / 15 + 4 / 10) / 2)


@given(seeds)
def test_order_of_clusters_changes_nothing(seed):
    generator = torch.Generator().manual_seed(seed)
    confusion = torch.randint(1, 1000, (3, 8), generator=generator)
    shuffled = confusion[:, torch.randperm(8, generator=generator)]
    assert cluster_miou(shuffled) == pytest.approx(cluster_miou(confusion))


@pytest.fixture
def scenes(tmp_path):
    root = write_camvid(tmp_path / 'camvid')
    pairs = find_label_images(root / 'images/val', root / 'labels/val')
    return LabelImages(pairs, (96, 128), num_classes=11, ignored=11)


def colours(images):
    return images.float()


@pytest.mark.parametrize('num_clusters', [3, 6])
def test_colours_are_clusters(scenes, num_clusters):
    result = evaluate_overclustering(
        nn.AvgPool2d(16), colours, scenes, num_clusters, num_seeds=2, map_size=64
    )
    # The borders of sky, road and the unlabelled columns are borders of patches.
    assert result.miou == pytest.approx(100)
    assert len(result.mious) == 2


def test_more_clusters_than_positions(scenes):
    with pytest.raises(UserError, match='192'):
        evaluate_overclustering(nn.AvgPool2d(16), colours, scenes, num_clusters=193)
