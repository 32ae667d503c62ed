"""Toy data that the tests of transfer learning read."""

from pathlib import Path
from typing import NamedTuple

import pytest

from setsim_mm.transfer.toy import make_toy_datasets


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
