"""Figures of collapse on matrices whose answer is known."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.evaluation.health import effective_rank, feature_deviation
from tests.strategies import seeds


@given(st.integers(1, 6), seeds)
def test_rank_of_equal_singular_values(rank, seed):
    generator = torch.Generator().manual_seed(seed)
    left, _ = torch.linalg.qr(torch.randn(9, rank, generator=generator))
    right, _ = torch.linalg.qr(torch.randn(7, rank, generator=generator))
    assert effective_rank(3 * left @ right.t()) == pytest.approx(rank, rel=1e-4)


def test_rank_of_two_unequal_values():
    # Shares 0.75 and 0.25: exp(0.75 log(4/3) + 0.25 log 4).
    expected = math.exp(0.75 * math.log(4 / 3) + 0.25 * math.log(4))
    assert effective_rank(torch.diag(torch.tensor([3.0, 1.0]))) == pytest.approx(
        expected
    )


def test_one_direction_and_nothing():
    assert effective_rank(torch.ones(5, 4)) == pytest.approx(1, abs=1e-6)
    assert effective_rank(torch.zeros(5, 4)) == 1


def test_deviation_of_random_directions_is_one_over_the_root():
    features = torch.randn(20_000, 16)
    assert feature_deviation(features) == pytest.approx(1 / 4, rel=0.01)


def test_deviation_of_equal_directions_is_zero():
    features = torch.arange(1.0, 6.0)[:, None] * torch.tensor([[1.0, 2.0, -1.0]])
    assert feature_deviation(features) == pytest.approx(0, abs=1e-6)


def test_deviation_by_hand():
    # Unit vectors (1, 0) and (0, 1): each channel is 0 and 1, deviation 1/2.
    assert feature_deviation(torch.tensor([[2.0, 0.0], [0.0, 7.0]])) == pytest.approx(
        0.5
    )
