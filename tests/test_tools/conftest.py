"""Fixtures of the programs' tests: a training run, and main() in this process."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ..shared_by_workers import shared_folder
from .training_helpers import REPO, run_python, write_tiny_config


class FinishedRun(NamedTuple):
    """A run of two epochs with two steps each, through tools/train.py."""

    folder: Path
    config: Path
    work_dir: Path
    output: str
    errors: str


def train_tiny(folder: Path) -> None:
    """Train as a user does, and keep what is printed."""
    config = write_tiny_config(folder)
    done = run_python('tools/train.py', config.name, cwd=folder, new_interpreter=True)
    (folder / 'output.txt').write_text(done.stdout)
    (folder / 'errors.txt').write_text(done.stderr)


@pytest.fixture(scope='session')
def finished_run(tmp_path_factory) -> FinishedRun:
    """Train once without options in a folder with a blank in its name."""
    folder = shared_folder(tmp_path_factory, 'finished run', train_tiny)
    return FinishedRun(
        folder,
        folder / 'tiny.py',
        folder / 'work_dirs' / 'tiny',
        (folder / 'output.txt').read_text(),
        (folder / 'errors.txt').read_text(),
    )


@pytest.fixture
def in_this_process(tmp_path, monkeypatch, capsys) -> Callable:
    """Call main() of a program; return its exit status, output and errors."""

    def call(
        script: str, *arguments: object, cwd: Path = tmp_path
    ) -> tuple[object, str, str]:
        monkeypatch.syspath_prepend((REPO / script).resolve().parent)
        spec = importlib.util.spec_from_file_location('tool', REPO / script)
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        monkeypatch.setattr(sys, 'argv', [script, *map(str, arguments)])
        monkeypatch.chdir(cwd)
        status = 0
        try:
            tool.main()
        except SystemExit as exit_call:
            status = exit_call.code
        output, errors = capsys.readouterr()
        return status, output, errors

    return call
