"""In-context retrieval on features with a known answer, and against float64."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.evaluation.in_context import (
    FeatureMemory,
    choose_positions,
    patch_labels,
    retrieve_labels,
)
from tests.strategies import seeds


def memory_of(features, labels):
    places = torch.zeros(len(features), 2, dtype=torch.int64)
    return FeatureMemory(F.normalize(features, dim=1), labels, places)


def test_shares_of_classes_in_patches():
    labels = torch.tensor([[[0, 0, 1, 9], [0, 1, 1, 1]]])
    shares = patch_labels(labels, (1, 2), num_classes=2)
    assert shares.tolist() == [[[0.75, 0.25], [0.0, 0.75]]]


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_shares_equal_means_over_patches(seed, rows, columns):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (2, 3 * rows, 2 * columns), generator=generator)
    shares = patch_labels(labels, (rows, columns), 3).view(2, rows, columns, 3)
    for n in range(2):
        for r in range(rows):
            for c in range(columns):
                patch = labels[n, 3 * r : 3 * r + 3, 2 * c : 2 * c + 2]
                expected = [(patch == k).double().mean().item() for k in range(3)]
                assert shares[n, r, c].tolist() == pytest.approx(expected)


def test_rare_classes_are_chosen_first():
    # 30 patches of class 0, one that shows class 1 alone, one without a class.
    shares = torch.zeros(32, 2)
    shares[:30, 0] = 1
    shares[30, 1] = 0.5
    for seed in range(50):
        generator = torch.Generator().manual_seed(seed)
        chosen = choose_positions(shares, 4, generator).tolist()
        assert len(set(chosen)) == 4
        assert 31 not in chosen
        # The class-1 patch has score U(0, 1), the others 30 U(0, 1).
        assert 30 in chosen


def test_scores_are_those_of_the_definition():
    # Classes 0 and 1 appear in 3 and 2 patches; patch 1 shows both.
    shares = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.2, 0.0], [0.0, 0.1], [0.0, 0.0]])
    generator = torch.Generator().manual_seed(3)
    noise = torch.rand(5, generator=torch.Generator().manual_seed(3))
    scores = torch.tensor([3.0, 5.0, 3.0, 2.0, torch.inf]) * noise
    chosen = choose_positions(shares, 5, generator)
    assert chosen.tolist() == scores[:4].argsort().tolist()


@given(seeds)
def test_labels_agree_with_float64(seed):
    generator = torch.Generator().manual_seed(seed)
    queries = torch.randn(6, 5, generator=generator)
    memory = memory_of(
        torch.randn(20, 5, generator=generator), torch.rand(20, 3, generator=generator)
    )
    found = retrieve_labels(queries, memory, k=4, temperature=0.1)
    unit = queries.double() / queries.double().norm(dim=1, keepdim=True)
    for row, query in enumerate(unit):
        cosines = memory.features.double() @ query
        nearest = cosines.sort(descending=True).indices[:4]
        weights = (cosines[nearest] / 0.1).exp()
        expected = (weights / weights.sum()) @ memory.labels[nearest].double()
        torch.testing.assert_close(found[row].double(), expected, rtol=1e-4, atol=1e-6)


def test_the_nearest_decides_at_a_low_temperature():
    corners = torch.eye(3)
    memory = memory_of(corners, torch.eye(3)[[2, 0, 1]])
    queries = torch.tensor([[5.0, 1.0, 0.0], [0.0, 0.1, 3.0]])  # any length
    weights = retrieve_labels(queries, memory, k=2, temperature=0.02)
    assert weights.argmax(1).tolist() == [2, 1]
    assert weights[0].max() == pytest.approx(1)
