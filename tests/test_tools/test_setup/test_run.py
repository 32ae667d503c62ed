"""run.sh: the Python that it uses, and the error if there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import setup

RUN = Path(setup.__file__).with_name('run.sh')
# A Python of a supported version: it passes the check and prints its arguments.
FITS = '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "$0" "$@"\n'
# A Python of another version, or a version manager's shim.
FITS_NOT = '#!/bin/sh\nexit 127\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with only the script, and a folder for programs."""
    (tmp_path / 'tools/setup').mkdir(parents=True)
    shutil.copy(RUN, tmp_path / 'tools/setup')
    programs = tmp_path / 'bin'
    programs.mkdir()
    (programs / 'dirname').symlink_to(shutil.which('dirname'))
    return tmp_path


def add_python(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)


def start(clone: Path, **variables: str) -> subprocess.CompletedProcess:
    env = {k: v for k, v in os.environ.items() if k != 'PYTHON'}
    env |= {'PATH': str(clone / 'bin'), **variables}
    return subprocess.run(
        ['/bin/sh', clone / 'tools/setup/run.sh', 'pretrain'],
        env=env,
        capture_output=True,
        text=True,
    )


def test_the_first_python_that_runs_is_used(clone: Path) -> None:
    add_python(clone / 'bin/python3.11', FITS_NOT)
    add_python(clone / 'bin/python3.12', FITS)
    add_python(clone / 'bin/python3', FITS)
    started = start(clone)
    assert started.stdout.split() == [
        f'{clone}/bin/python3.12',
        *('-m', 'tools.setup', 'pretrain'),
    ]


def test_the_environment_is_used_if_no_other_python_fits(clone: Path) -> None:
    add_python(clone / 'bin/python3', FITS_NOT)
    add_python(clone / '.venv/bin/python', FITS)
    assert start(clone).stdout.startswith('.venv/bin/python -m tools.setup')


def test_the_named_python_is_used(clone: Path) -> None:
    named = clone / 'my pythons/python'
    add_python(clone / 'bin/python3.11', FITS)
    add_python(named, FITS)
    started = start(clone, PYTHON=str(named))
    assert started.stdout == f'{named} -m tools.setup pretrain --remake-for-python\n'


@pytest.mark.parametrize(
    ('variables', 'fact'),
    [({}, 'apt-get install python3'), ({'PYTHON': 'python3'}, 'PYTHON=python3 ')],
)
def test_the_error_without_a_python_states_what_to_do(
    clone: Path, variables: dict[str, str], fact: str
) -> None:
    add_python(clone / 'bin/python3', FITS_NOT)
    started = start(clone, **variables)
    assert started.returncode == 1
    assert fact in started.stderr
    assert 'make demo PYTHON=' in started.stderr
