"""Random numbers that depend on where a run is, not on how it came there.

A training step draws its numbers from (seed, step, rank), a sample from (seed, epoch,
index). A resumed run therefore draws what the uninterrupted one would have drawn, with
nothing to save, and the number of data workers changes nothing.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from mmengine.dist import sync_random_seed

# Different kinds of streams of one seed.
STEP, SHARED_STEP, SAMPLE, STATISTICS = range(4)

_shared_generator: torch.Generator | None = None


def derived_seed(*numbers: int) -> int:
    """Mix numbers into a seed, as NumPy's ``SeedSequence`` does.

    Args:
        *numbers (int): Not negative.

    Returns:
        int: 64 bits.
    """
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def seed_all(seed: int) -> None:
    """Set the generators of Python, NumPy and PyTorch, on CPU and current GPU.

    Args:
        seed (int): 64 bits.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    # torch.manual_seed would also visit devices that this process never used.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(seed)


def seed_step(seed: int, step: int, rank: int) -> None:
    """Set all generators for a training step.

    Args:
        seed (int): The seed of the run.
        step (int): The number of steps before this one.
        rank (int): The process.
    """
    global _shared_generator
    seed_all(derived_seed(seed, STEP, step, rank))
    _shared_generator = torch.Generator()
    _shared_generator.manual_seed(derived_seed(seed, SHARED_STEP, step))


def shared_generator() -> torch.Generator:
    """Return a CPU generator that is in the same state on every rank.

    Within a training run it is set anew at each step by :func:`seed_step`. Without
    one, the ranks agree on a seed at the first call.
    """
    global _shared_generator
    if _shared_generator is None:
        _shared_generator = torch.Generator().manual_seed(sync_random_seed())
    return _shared_generator


@contextmanager
def fixed_random_state(seed: int) -> Iterator[None]:
    """Seed Python's, NumPy's and PyTorch's CPU generator; restore them at the end.

    The generator of the current GPU is restored too, if it is in use.

    Args:
        seed (int): At least 0, below 2**32 (NumPy's bound).
    """
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_gpu = torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None
    random.seed(seed)
    np.random.seed(seed)
    # torch.manual_seed would seed every CUDA device, too.
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        if on_gpu is not None:
            torch.cuda.set_rng_state(on_gpu)
