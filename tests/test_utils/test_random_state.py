import random

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.utils.random_state import (
    derived_seed,
    seed_all,
    seed_step,
    shared_generator,
)

NUMBERS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4)


def drawn() -> tuple:
    """One number of each generator."""
    return random.random(), np.random.rand(), torch.rand(()).item()


@given(NUMBERS)
def test_same_numbers_give_the_same_seed_and_others_another(numbers):
    seed = derived_seed(*numbers)

    assert seed == derived_seed(*numbers) and 0 <= seed < 2**64
    assert seed != derived_seed(*numbers[:-1], numbers[-1] + 1)


def test_all_generators_are_set():
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
