"""What a run is carried out with."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from setsim_mm.runs import environment
from setsim_mm.runs.environment import (
    describe_environment,
    device_names,
    git_state,
    package_versions,
    processor_name,
)
from setsim_mm.version import __version__


def test_versions_are_those_of_this_process():
    found = package_versions()
    assert found['python'] == '.'.join(map(str, sys.version_info[:3]))
    assert found['setsim_mm'] == __version__
    assert found['torch'] == torch.__version__
    assert found['numpy'] == np.__version__
    assert {type(value) for value in found.values()} == {str}
    assert len({'mmcv', 'mmcv-lite', 'onedl-mmcv'} & found.keys()) == 1
    assert len({'mmengine', 'onedl-mmengine'} & found.keys()) == 1


def test_the_environment_is_text():
    found = describe_environment()
    assert found['sys.platform'] == sys.platform
    assert {type(value) for value in found.values()} == {str}


def test_the_device_is_named():
    assert all(isinstance(name, str) and name for name in device_names())


def test_the_processor_is_named_as_linux_does(tmp_path):
    cpuinfo = tmp_path / 'cpuinfo'
    cpuinfo.write_text('processor\t: 0\nmodel name\t: Some CPU @ 2.60GHz\n')
    assert processor_name(cpuinfo) == 'Some CPU @ 2.60GHz'
    cpuinfo.write_text('processor\t: 0\n')
    assert processor_name(cpuinfo)


def git(folder, *arguments):
    names = ('-c', 'user.name=a', '-c', 'user.email=a@b')
    command = ['git', '-C', folder, *names, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path):
    """A repository with one commit of two files."""
    folder = tmp_path / 'checkout'
    folder.mkdir()
    git(folder, 'init')
    for name in 'ab':
        (folder / name).write_text(name)
    git(folder, 'add', '.')
    git(folder, 'commit', '-m', 'first')
    return folder


def test_a_commit(checkout):
    commit = git(checkout, 'rev-parse', 'HEAD').strip()
    assert git_state(checkout) == dict(commit=commit, dirty=False, changed_files=0)


def test_changed_files_are_counted(checkout):
    (checkout / 'a').write_text('other')
    (checkout / 'b').unlink()
    (checkout / 'new\nfile').write_text('c')
    state = git_state(checkout)
    assert (state['dirty'], state['changed_files']) == (True, 3)


def test_variables_of_git_do_not_lead_elsewhere(checkout, tmp_path, monkeypatch):
    before = git_state(checkout)
    monkeypatch.setenv('GIT_DIR', str(tmp_path / 'elsewhere'))
    assert git_state(checkout) == before


def test_the_default_is_the_checkout_of_the_package():
    root = environment.Path(environment.setsim_mm.__file__).parents[1]
    assert git_state() == git_state(root)


def test_no_checkout(tmp_path, checkout):
    inside = checkout / 'site-packages'
    inside.mkdir()
    assert git_state(tmp_path) is None
    assert git_state(inside) is None  # of a package installed within a checkout


def test_a_repository_without_a_commit(tmp_path):
    git(tmp_path, 'init')
    assert git_state(tmp_path) is None


def test_a_broken_repository(checkout):
    (checkout / '.git' / 'HEAD').write_text('nonsense')
    assert git_state(checkout) is None


def test_no_git(checkout, tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    assert git_state(checkout) is None


def test_a_git_that_hangs(checkout, tmp_path, monkeypatch):
    program = tmp_path / 'bin' / 'git'
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nsleep 20 & exec sleep 3600\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', f'{program.parent}{os.pathsep}{os.environ["PATH"]}')
    monkeypatch.setattr(environment, 'GIT_PATIENCE', 0.2)
    assert git_state(checkout) is None
