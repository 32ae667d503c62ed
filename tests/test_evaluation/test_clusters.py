"""Clusters become classes."""

import pytest
import torch
from hypothesis import given

from setsim_mm.evaluation.clusters import (
    classes_by_majority,
    classes_one_to_one,
    cluster_miou,
)
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
