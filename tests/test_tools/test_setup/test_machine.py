"""Checks of the machine: each error states what to do."""

import os
import sys
from pathlib import Path

import pytest

from tools.setup import machine
from tools.setup.commands import SetupError

PYTHON = Path(sys.executable)


def test_disk(tmp_path: Path) -> None:
    machine.check_disk(tmp_path, 0, 'nothing')
    with pytest.raises(SetupError, match='the set-up needs 9999 GB of disk') as failed:
        machine.check_disk(tmp_path, 9999, 'the set-up')
    assert 'free some space' in str(failed.value)


def test_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    machine.check_venv()
    monkeypatch.setitem(sys.modules, 'ensurepip', None)
    with pytest.raises(SetupError, match=r'apt-get install python3\.\d+-venv'):
        machine.check_venv()


def test_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.delenv('CXX', raising=False)
    with pytest.raises(SetupError, match='apt-get install g'):
        machine.check_compiler(PYTHON)


def test_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in [('c++', 'exit 0'), ('python', f'echo 11 "{tmp_path}/a b"')]:
        (tmp_path / name).write_text(f'#!/bin/sh\n{script}\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.delenv('CXX', raising=False)
    with pytest.raises(SetupError, match=r'apt-get install python3\.11-dev'):
        machine.check_compiler(tmp_path / 'python')
    (tmp_path / 'a b').mkdir()
    (tmp_path / 'a b/Python.h').touch()
    machine.check_compiler(tmp_path / 'python')


@pytest.mark.parametrize(('gib', 'jobs'), [(1, 1), (7, 2), (1000, 64)])
def test_build_jobs(
    gib: int, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, 'sched_getaffinity', lambda process: set(range(64)))
    meminfo = tmp_path / 'meminfo'
    meminfo.write_text(f'MemTotal: 9 kB\nMemAvailable:   {gib << 20} kB\n')
    assert machine.build_jobs(meminfo) == jobs
