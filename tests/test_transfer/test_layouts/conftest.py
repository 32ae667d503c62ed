"""A copy of the toy data."""

import shutil

import pytest


@pytest.fixture
def data_root(toy_data, tmp_path):
    """A copy of the toy data that a test may change."""
    return shutil.copytree(toy_data.root, tmp_path / 'data')
