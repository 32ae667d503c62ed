"""What the tests of the data side share."""

import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger

import setsim_mm.datasets  # noqa: F401

from .images import noise_image


@pytest.fixture(autouse=True)
def restore_random_state() -> Iterator[None]:
    """Leave the random generators as they were."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    yield
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    random.setstate(states[2])


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Collect what goes to mmengine's current logger in this process."""
    messages: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)


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
