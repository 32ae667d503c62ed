"""One training run that the tests of several tools look at."""

from pathlib import Path
from typing import NamedTuple

import pytest

from .training_helpers import run_python, write_tiny_config


class FinishedRun(NamedTuple):
    """A run of two epochs with two steps each, through tools/train.py."""

    folder: Path
    config: Path
    work_dir: Path
    output: str
    errors: str


@pytest.fixture(scope='session')
def finished_run(tmp_path_factory) -> FinishedRun:
    """Train once, with no option at all, from a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp('finished run')
    config = write_tiny_config(folder)
    done = run_python('tools/train.py', config.name, cwd=folder)
    work_dir = folder / 'work_dirs' / 'tiny'
    return FinishedRun(folder, config, work_dir, done.stdout, done.stderr)
