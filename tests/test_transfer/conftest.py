"""Toy data and registries for the tests of transfer learning."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from mmengine.registry import DefaultScope

from toy import make_toy_datasets

in_mmseg = pytest.mark.parametrize('scope', ['mmseg'], indirect=True)


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set the default scope to mmdet, or to mmseg with ``in_mmseg``."""
    with DefaultScope.overwrite_default_scope(getattr(request, 'param', 'mmdet')):
        yield


class ToyData(NamedTuple):
    """Toy data sets, and the arguments with which they were written."""

    root: Path
    num_train: int
    num_val: int
    seed: int


@pytest.fixture(scope='session')
def toy_data(tmp_path_factory) -> ToyData:
    """Write all toy data sets once. Tests that change them must copy them."""
    root = tmp_path_factory.mktemp('toy data')
    make_toy_datasets(root, num_images=8, seed=3)
    return ToyData(root, 8, 4, 3)
