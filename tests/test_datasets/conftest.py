"""Fixtures of the data set tests."""

import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import setsim_mm.datasets  # noqa: F401

from ..logged_messages import logged_messages
from .images import noise_image


@pytest.fixture(autouse=True)
def restore_random_state() -> Iterator[None]:
    """Restore the random generators after a test."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    yield
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    random.setstate(states[2])


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Collect the messages of mmengine's current logger in this process."""
    with logged_messages(logging.INFO) as messages:
        yield messages


@pytest.fixture
def write_images(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write noise images with the given names below ``tmp_path``."""

    def write(*names: str, size: tuple[int, int] = (60, 40)) -> list[Path]:
        paths = []
        for seed, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            noise_image(seed, size).save(path)
            paths.append(path)
        return paths

    return write
