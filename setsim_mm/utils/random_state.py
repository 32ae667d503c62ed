"""Random numbers that depend only on the seed and the position in a run.

A training step is seeded by (seed, step, rank), a sample by (seed, epoch, index). A
resumed run therefore draws the same numbers as an uninterrupted one without saving any
state, and the number of data workers has no effect.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from mmengine.dist import sync_random_seed

# Independent streams of one seed.
STEP, SHARED_STEP, SAMPLE, STATISTICS, BANK = range(5)

_shared_generator: torch.Generator | None = None


def derived_seed(*numbers: int) -> int:
    """Return a 64-bit seed from non-negative numbers, by NumPy's ``SeedSequence``."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def seed_all(seed: int) -> None:
    """Seed Python, NumPy and PyTorch, on CPU and current GPU, with 64 bits."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    # torch.manual_seed would also seed devices that this process does not use.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(seed)


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed all generators for a training step.

    Args:
        seed (int): The seed of the run.
        step (int): The number of steps before this one.
        rank (int): The process.
    """
    global _shared_generator
    seed_all(derived_seed(seed, STEP, step, rank))
    _shared_generator = torch.Generator()
    _shared_generator.manual_seed(derived_seed(seed, SHARED_STEP, step))


def seed_of_rank_0(runner: Any) -> int:
    """Return a runner's seed without the rank, which ``diff_rank_seed`` adds."""
    differs = runner._randomness_cfg.get('diff_rank_seed', False)
    return runner.seed - runner.rank if differs else runner.seed


def shared_generator() -> torch.Generator:
    """Return a CPU generator that is in the same state on every rank.

    In a training run :func:`seed_step` seeds it at each step. Elsewhere the ranks agree
    on a seed at the first call.
    """
    global _shared_generator
    if _shared_generator is None:
        _shared_generator = torch.Generator().manual_seed(sync_random_seed())
    return _shared_generator


@contextmanager
def fixed_random_state(seed: int) -> Iterator[None]:
    """Context manager: seed all generators as :func:`seed_all`; restored on exit."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_gpu = torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None
    seed_all(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        if on_gpu is not None:
            torch.cuda.set_rng_state(on_gpu)
