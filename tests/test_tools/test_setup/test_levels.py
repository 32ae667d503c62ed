"""The two levels of the environment, and when they are installed."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tools.setup import levels
from tools.setup.commands import SetupError
from tools.setup.environment import Environment
from tools.setup.hosts import HOSTS

from .test_environment import fake_environment

ROOT = Path(__file__).parents[3]
THIS = '.'.join(map(str, sys.version_info[:2]))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the project's requirements."""
    shutil.copytree(ROOT / 'requirements', tmp_path / 'project/requirements')
    return tmp_path / 'project'


@pytest.fixture
def done(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Replace the steps of `prepare` and return a list in which they are recorded."""
    done = []

    def install(environment: Environment, project: Path, level: str, host) -> None:
        done.append(('install', level))

    def make(environment: Environment) -> None:
        done.append(('make', environment.folder.name))

    monkeypatch.setattr(levels, 'install', install)
    monkeypatch.setattr(Environment, 'make', make)
    monkeypatch.setattr(levels, 'check_disk', lambda *arguments: None)
    return done


def stamped(environment: Environment, project: Path, level: str) -> Environment:
    stamp = {
        'fingerprint': levels.fingerprint(project, level),
        'packages': environment.packages(),
    }
    environment.stamp.write_text(json.dumps(stamp))
    return environment


def test_a_bare_machine(project: Path, done: list) -> None:
    levels.prepare(Environment(project / '.venv'), project, 'pretrain')
    assert done == [('make', '.venv'), ('install', 'pretrain')]


def test_an_installed_level_is_not_installed_again(project: Path, done: list) -> None:
    environment = fake_environment(project / '.venv', mmcv_lite='2.0.1')
    stamped(environment, project, 'pretrain')
    levels.prepare(environment, project, 'pretrain')
    assert done == []
    levels.prepare(environment, project, 'test')
    assert done == [('install', 'test')]


def test_the_demo_keeps_the_level_of_the_tests(project: Path, done: list) -> None:
    environment = fake_environment(project / '.venv', mmcv='2.0.1')
    stamped(environment, project, 'test')
    levels.prepare(environment, project, 'pretrain')
    assert done == []


def test_an_interrupted_installation_continues(project: Path, done: list) -> None:
    environment = fake_environment(project / '.venv', torch='2.11.0')
    levels.prepare(environment, project, 'pretrain')
    assert done == [('install', 'pretrain')]


def test_another_python_remakes_the_environment_only_on_request(
    project: Path, done: list
) -> None:
    environment = fake_environment(project / '.venv', version='3.9')
    stamped(environment, project, 'pretrain')
    levels.prepare(environment, project, 'pretrain')
    assert done == []
    levels.prepare(environment, project, 'pretrain', remake=True)
    assert done == [('make', '.venv'), ('install', 'pretrain')]


def test_the_same_python_does_not_remake_the_environment(
    project: Path, done: list
) -> None:
    environment = fake_environment(project / '.venv', version=THIS)
    stamped(environment, project, 'pretrain')
    levels.prepare(environment, project, 'pretrain', remake=True)
    assert done == []


def test_an_environment_that_cannot_be_repaired_is_remade(
    project: Path, done: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(environment: Environment, project: Path, level: str, host) -> None:
        done.append(('install', level))
        if ('make', '.venv') not in done:
            raise levels.BrokenEnvironment('torch does not import')

    monkeypatch.setattr(levels, 'install', install)
    levels.prepare(fake_environment(project / '.venv'), project, 'test')
    assert done == [('install', 'test'), ('make', '.venv'), ('install', 'test')]


def test_ready(project: Path) -> None:
    environment = fake_environment(project / '.venv', torch='2.11.0', numpy='1.26.4')
    assert not levels.is_ready(environment, project, 'test')
    stamped(environment, project, 'test')
    assert levels.is_ready(environment, project, 'test')
    # The user may install other packages.
    (environment.site_packages / 'ipython-9.0.dist-info').mkdir()
    assert levels.is_ready(environment, project, 'test')
    # But not another version of one of the set-up's packages.
    information = environment.site_packages / 'numpy-1.26.4.dist-info'
    information.rename(information.with_name('numpy-2.5.5.dist-info'))
    assert not levels.is_ready(environment, project, 'test')


@pytest.mark.parametrize('stamp', ['', '{"level": "te', '{}'])
def test_a_damaged_record_counts_as_missing(project: Path, stamp: str) -> None:
    environment = fake_environment(project / '.venv')
    environment.stamp.write_text(stamp)
    assert not levels.is_ready(environment, project, 'test')


def test_fingerprint(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('FORCE_CUDA', raising=False)
    before = levels.fingerprint(project, 'test')
    assert levels.fingerprint(project, 'test') == before
    assert levels.fingerprint(project, 'pretrain') != before

    pretrain = project / 'requirements/pretrain.txt'
    pretrain.write_text(pretrain.read_text() + 'rich\n')
    assert levels.fingerprint(project, 'test') == before

    monkeypatch.setenv('FORCE_CUDA', '1')
    assert levels.fingerprint(project, 'test') != before
    monkeypatch.delenv('FORCE_CUDA')

    moved = project.rename(project.with_name('moved'))
    assert levels.fingerprint(moved, 'test') != before
    moved.rename(project)

    base = project / 'requirements/base.txt'
    base.write_text(base.read_text() + 'rich\n')
    assert levels.fingerprint(project, 'test') != before


def test_wheel_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('FORCE_CUDA', raising=False)
    environment = fake_environment(project / '.venv', '3.11', torch='2.11.0')
    assert environment.version == '3.11'
    environment.python.write_text('#!/bin/sh\necho linux-x86_64\n')
    key = levels.wheel_key(environment, project / 'requirements/mmcv.txt')
    assert str(key) == 'mmcv-2.0.1-torch-2.11.0-python-3.11-linux-x86_64-cpu-O3'
    key = levels.wheel_key(environment, project / 'requirements/onedl_mmcv.txt')
    assert str(key).startswith('onedl-mmcv-2.3.6-torch-2.11.0-')


class Opencv(Environment):
    """An environment in which importing cv2 fails with the given messages in turn."""

    def __init__(self, *failures: str | None) -> None:
        super().__init__(Path('.venv'))
        self.failures = list(failures)
        self.ran = []

    def tries(self, code: str) -> str | None:
        return self.failures.pop(0)

    def packages(self) -> dict[str, str]:
        return {'opencv-python': '4.11.0.86'}

    def pip(self, *arguments: str, what: str) -> None:
        self.ran.append(' '.join(arguments))


NO_LIBGL = 'ImportError: libGL.so.1: cannot open shared object file: No such file'


def test_without_libgl_opencv_headless_is_installed() -> None:
    environment = Opencv(NO_LIBGL, None)
    levels.check_opencv(environment)
    assert environment.ran[0] == 'uninstall -y opencv-python'
    assert environment.ran[1].endswith('opencv-python-headless==4.11.0.86')


def test_an_opencv_that_imports_is_kept() -> None:
    environment = Opencv(None)
    levels.check_opencv(environment)
    assert environment.ran == []


def test_an_opencv_that_cannot_be_repaired_is_an_error() -> None:
    with pytest.raises(levels.BrokenEnvironment, match='numpy'):
        levels.check_opencv(Opencv('ImportError: numpy.core failed to import'))
    with pytest.raises(SetupError, match='apt-get install libgl1'):
        levels.check_opencv(Opencv(NO_LIBGL, NO_LIBGL))


def test_the_level_of_the_tests_is_kept_on_each_host(project: Path, done: list) -> None:
    host = HOSTS['mmpretrain']
    environment = fake_environment(host.environment(project), pytest='9.0')
    levels.prepare(environment, project, 'pretrain', host=host)
    assert done == [('install', 'test')]


def test_the_hosts_do_not_share_a_fingerprint(project: Path) -> None:
    found = {levels.fingerprint(project, 'test', host) for host in HOSTS.values()}
    assert len(found) == len(HOSTS)
