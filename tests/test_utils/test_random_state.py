import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.utils.random_state import (
    derived_seed,
    fixed_random_state,
    seed_all,
    seed_step,
    shared_generator,
)

NUMBERS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4)


def drawn() -> tuple:
    """Draw one number from each generator."""
    return random.random(), np.random.rand(), torch.rand(()).item()


@given(NUMBERS)
def test_seed_depends_on_the_numbers_alone(numbers):
    seed = derived_seed(*numbers)

    assert seed == derived_seed(*numbers) and 0 <= seed < 2**64
    assert seed != derived_seed(*numbers[:-1], numbers[-1] + 1)


def test_all_generators_are_seeded():
    seed_all(2**63 + 5)
    first = drawn()
    second = drawn()
    seed_all(2**63 + 5)

    assert drawn() == first and all(a != b for a, b in zip(first, second, strict=True))


def test_ranks_differ_but_share_one_generator():
    seen = []
    for rank in range(2):
        seed_step(seed=3, step=7, rank=rank)
        seen.append((drawn(), torch.rand((), generator=shared_generator()).item()))

    (one, shared), (other, shared_too) = seen
    assert all(a != b for a, b in zip(one, other, strict=True)) and shared == shared_too


def test_steps_differ():
    draws = set()
    for step in range(50):
        seed_step(seed=3, step=step, rank=0)
        draws.add((*drawn(), torch.rand((), generator=shared_generator()).item()))

    for kind in zip(*draws, strict=True):
        assert len(set(kind)) == 50


def test_fixed_random_state_seeds_all_generators():
    draws = []
    for _ in range(2):
        with fixed_random_state(5):
            draws.append(drawn())
    assert draws[0] == draws[1]


def test_fixed_random_state_restores_all_generators_after_an_error():
    seed_all(1)
    expected = drawn()
    seed_all(1)
    with pytest.raises(RuntimeError), fixed_random_state(5):
        drawn()
        raise RuntimeError
    assert drawn() == expected
