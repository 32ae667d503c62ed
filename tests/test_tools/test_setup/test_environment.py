"""A virtual environment: its packages, and the remains of an interrupted pip."""

from pathlib import Path

import pytest

from tools.setup.commands import SetupError
from tools.setup.environment import Environment


def fake_environment(folder: Path, version: str = '3.11', **packages: str):
    """Return an environment whose Python only prints its version."""
    environment = Environment(folder)
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text(f'#!/bin/sh\necho {version}\n')
    environment.python.chmod(0o755)
    for name, number in packages.items():
        information = environment.site_packages / f'{name}-{number}.dist-info'
        information.mkdir(parents=True)
        (information / 'RECORD').touch()
    return environment


def test_version_and_packages(tmp_path: Path) -> None:
    environment = fake_environment(tmp_path, '3.12', mmcv_lite='2.0.1', PyYAML='6.0.3')
    assert environment.version == '3.12'
    assert environment.packages() == {'mmcv-lite': '2.0.1', 'pyyaml': '6.0.3'}


@pytest.mark.parametrize('script', [None, '#!/bin/sh\nexit 1\n', '#!/gone/python\n'])
def test_a_broken_python_has_no_version(tmp_path: Path, script: str | None) -> None:
    environment = fake_environment(tmp_path)
    if script is None:
        environment.python.unlink()
    else:
        environment.python.write_text(script)
    assert environment.version is None


def test_remove_half_installed(tmp_path: Path) -> None:
    environment = fake_environment(tmp_path, torch='2.11.0', numpy='2.5.5')
    (environment.site_packages / 'torch-2.11.0.dist-info/RECORD').unlink()
    (environment.site_packages / '~umpy').mkdir()
    (environment.site_packages / '~umpy-2.4.dist-info').mkdir()
    environment.temporary.mkdir()
    environment.remove_half_installed()
    assert environment.packages() == {'numpy': '2.5.5'}
    assert [path.name for path in environment.site_packages.iterdir()] == [
        'numpy-2.5.5.dist-info'
    ]
    assert not environment.temporary.exists()


def test_tries(tmp_path: Path) -> None:
    environment = fake_environment(tmp_path)
    assert environment.tries('anything') is None
    environment.python.write_text('#!/bin/sh\necho ImportError: no >&2\nexit 1\n')
    assert environment.tries('anything') == 'ImportError: no'


def test_the_temporary_folder_of_pip_is_in_the_environment(tmp_path: Path) -> None:
    environment = fake_environment(tmp_path)
    environment.python.write_text('#!/bin/sh\necho "$TMPDIR $PIP_USER $*"\n')
    environment.pip('list', what='listing')
    assert environment.log.read_text() == f'{tmp_path}/tmp 0 -m pip list\n'
    environment.python.write_text('#!/bin/sh\nexit 2\n')
    with pytest.raises(SetupError, match='listing failed'):
        environment.pip('list', what='listing')
