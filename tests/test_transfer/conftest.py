"""Toy data that the tests of transfer learning read, and the registries they use."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from mmengine.registry import DefaultScope

from toy import make_toy_datasets

in_mmseg = pytest.mark.parametrize('scope', ['mmseg'], indirect=True)


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> Iterator[None]:
    """Make mmdet's registries the default ones, or mmseg's with ``in_mmseg``."""
    with DefaultScope.overwrite_default_scope(getattr(request, 'param', 'mmdet')):
        yield


class ToyData(NamedTuple):
    """Toy data sets and the arguments that they were written with."""

    root: Path
    num_train: int
    num_val: int
    seed: int


@pytest.fixture(scope='session')
def toy_data(tmp_path_factory) -> ToyData:
    """Write every toy data set once; whoever changes anything takes a copy."""
    root = tmp_path_factory.mktemp('toy data')
    make_toy_datasets(root, num_images=8, seed=3)
    return ToyData(root, 8, 4, 3)
