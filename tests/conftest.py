"""What all tests share: a fixed seed, global state put back, the golden cases."""

import ctypes
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from mmselfsup.registry import MODELS

from setsim_mm.registry import MATCHERS

from .named_instances import forgotten_afterwards
from .test_transfer.checkpoints import backbone_of, resnet_weights, write

# Small tensors gain nothing from threads, and parallel test processes lose by them.
torch.set_num_threads(1)

# Registries import their modules on first use; that must not count as a test's doing.
MODELS.import_from_location()

settings.register_profile(
    'quick',
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile('thorough', settings.get_profile('quick'), max_examples=500)
settings.load_profile(os.environ.get('HYPOTHESIS_PROFILE', 'quick'))

# M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_MMAP_MAX of mallopt(3).
PLAIN_MALLOC = {-1: 128 * 1024, -3: 128 * 1024, -4: 65536}

SHARED = Path(__file__).resolve().parents[2] / 'shared'
GOLDEN_FOLDER = SHARED / 'golden'
IMAGENET_SAMPLE = SHARED / 'data' / 'imagenet_sample'


@pytest.fixture(scope='session')
def extracted(tmp_path_factory) -> Path:
    """A ResNet-50's backbone, as extract_backbone_weights.py writes it."""
    path = tmp_path_factory.mktemp('extracted') / 'backbone.pth'
    return write(path, backbone_of(resnet_weights()))


@pytest.fixture
def plain_malloc() -> None:
    """Let glibc's malloc be as it is at first, whatever an earlier training told it.

    Memory is measured exactly where every block comes from the system.
    """
    libc = ctypes.CDLL(None)
    for parameter, default in PLAIN_MALLOC.items():
        libc.mallopt(parameter, default)


@pytest.fixture(autouse=True)
def fixed_seed():
    """Start every test from the same random state, and leave the outer one alone."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])


@pytest.fixture(autouse=True)
def restored_registries():
    """Unregister what a test registers, and forget the instances that it names."""
    tables = [registry.module_dict for registry in (MATCHERS, MODELS)]
    before = [dict(table) for table in tables]
    with forgotten_afterwards():
        yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)


@pytest.fixture(scope='session', params=[0, 1, 2])
def golden(request):
    """One of the cases that the authors' program has answered."""
    path = GOLDEN_FOLDER / f'author_code_case{request.param}.npz'
    if not path.exists():
        pytest.skip(f'needs {path.name} in shared/golden, beside the repository')
    with np.load(path) as arrays:
        return {
            name: arrays[name].item() if arrays[name].ndim == 0
            else torch.from_numpy(arrays[name])
            for name in arrays.files
        }  # fmt: skip


@pytest.fixture(scope='session')
def imagenet_sample() -> Path:
    """Folder with 250 ImageNet photographs."""
    if not IMAGENET_SAMPLE.is_dir():
        pytest.skip(f'no photographs at {IMAGENET_SAMPLE}')
    return IMAGENET_SAMPLE
