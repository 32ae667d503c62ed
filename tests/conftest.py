"""Fixtures of all tests: a fixed seed, restored global state, the golden cases."""

import gc
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from setsim_mm.registry import MATCHERS, MODELS

from .config_text import format_each_text_once
from .forked_python import forked_python
from .golden_cases import NUMBERS, golden_case
from .missing_packages import (  # noqa: F401 - hooks of pytest
    pytest_make_collect_report,
    pytest_runtest_call,
    pytest_runtest_setup,
)
from .named_instances import forgotten_afterwards
from .test_transfer.checkpoints import backbone_of, resnet_weights, write

# Small tensors gain nothing from threads, and parallel test processes lose by them.
torch.set_num_threads(1)

# Registries import their modules on first use; that must not count as a test's doing.
for registry in (MATCHERS, MODELS):
    registry.import_from_location()

format_each_text_once()

settings.register_profile(
    'quick',
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile('thorough', settings.get_profile('quick'), max_examples=500)
settings.load_profile(os.environ.get('HYPOTHESIS_PROFILE', 'quick'))

# Photographs are not part of the repository; the tests that need them are skipped
# where this folder is missing. No other test is skipped for want of a file.
PHOTOGRAPHS = Path(__file__).resolve().parents[2] / 'shared' / 'data'


def pytest_collection_finish() -> None:
    """Exclude objects that exist before the first test from garbage collection.

    mmengine collects garbage whenever a data set is built, and would search millions of
    objects of imported modules and collected tests each time, for half a second.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope='session')
def extracted(tmp_path_factory) -> Path:
    """A ResNet-50's backbone, as extract_backbone_weights.py writes it."""
    path = tmp_path_factory.mktemp('extracted') / 'backbone.pth'
    return write(path, backbone_of(resnet_weights()))


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


@pytest.fixture(scope='module', autouse=True)
def names_of_a_module():
    """Forget the instances that the fixtures of a module name."""
    with forgotten_afterwards():
        yield


@pytest.fixture(autouse=True)
def restored_registries():
    """Unregister what a test registers, and forget the instances that it names."""
    tables = [registry.module_dict for registry in (MATCHERS, MODELS.host)]
    before = [dict(table) for table in tables]
    with forgotten_afterwards():
        yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)


@pytest.fixture
def forked_programs(monkeypatch) -> None:
    """Fork the programs that the tested code starts by ``sys.executable``."""
    monkeypatch.setattr(sys, 'executable', forked_python())


@pytest.fixture(scope='session', params=NUMBERS)
def golden(request) -> dict[str, torch.Tensor | float]:
    """One of the cases that the authors' program has answered."""
    return golden_case(request.param)


def photographs(name: str) -> Path:
    """Return a folder of photographs, or skip the test where there is none."""
    folder = PHOTOGRAPHS / name
    if not folder.is_dir():
        pytest.skip(f'needs photographs: no folder {folder}')
    return folder


@pytest.fixture(scope='session')
def imagenet_sample() -> Path:
    """Folder with 250 ImageNet photographs."""
    return photographs('imagenet_sample')


@pytest.fixture(scope='session')
def coco128() -> Path:
    """Folder with photographs in COCO's layout, 100 of them in train2017."""
    return photographs('coco128')
