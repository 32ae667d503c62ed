"""What all tests share: a fixed seed, global state put back, the golden cases."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from mmengine.registry import DefaultScope
from mmselfsup.registry import MODELS

from setsim_mm.registry import MATCHERS

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

GOLDEN_FOLDER = Path(__file__).resolve().parents[2] / 'shared' / 'golden'


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
    """Unregister what a test registers, and put the default scope back."""
    registered = [(r, dict(r.module_dict)) for r in (MATCHERS, MODELS)]
    scopes = dict(DefaultScope._instance_dict)
    yield
    for registry, modules in registered:
        registry.module_dict.clear()
        registry.module_dict.update(modules)
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(scopes)


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
