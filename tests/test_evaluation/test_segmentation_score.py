"""Confusion matrix and mean IoU against scikit-learn and cases by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as reference
from sklearn.metrics import jaccard_score

from setsim_mm.evaluation.segmentation_score import (
    confusion_matrix,
    intersection_over_union,
    mean_iou,
)
from tests.strategies import seeds


@given(seeds, st.integers(2, 6))
def test_agrees_with_scikit_learn(seed, num_classes):
    generator = torch.Generator().manual_seed(seed)
    size = (3, 4, 5)
    labels = torch.randint(num_classes, size, generator=generator)
    predictions = torch.randint(num_classes, size, generator=generator)
    confusion = confusion_matrix(labels, predictions, num_classes)
    flat = labels.flatten(), predictions.flatten()
    assert confusion.tolist() == reference(*flat, labels=range(num_classes)).tolist()
    expected = jaccard_score(*flat, average=None, labels=sorted(set(flat[0].tolist())))
    found = intersection_over_union(confusion)[sorted(set(flat[0].tolist()))]
    assert found.tolist() == pytest.approx(expected.tolist())


def test_pixels_without_a_class_do_not_count():
    labels = torch.tensor([0, 255, 1, -1])
    predictions = torch.tensor([0, 0, 0, 1])
    assert confusion_matrix(labels, predictions, 2).tolist() == [[1, 0], [1, 0]]


def test_mean_is_over_the_classes_that_are_there_or_predicted():
    # Class 0: 2 of 4; class 1: never predicted, 0 of 2; class 2: neither.
    confusion = torch.tensor([[2, 0, 0], [2, 0, 0], [0, 0, 0]])
    assert mean_iou(confusion) == pytest.approx(25)


def test_clusters_may_outnumber_classes():
    labels, clusters = torch.tensor([0, 1, 1]), torch.tensor([4, 0, 4])
    confusion = confusion_matrix(labels, clusters, 2, 5)
    assert confusion.tolist() == [[0, 0, 0, 0, 1], [1, 0, 0, 0, 1]]
