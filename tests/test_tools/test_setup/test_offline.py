"""Installing without a package index: the environment and the errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.setup import offline
from tools.setup.commands import SetupError
from tools.setup.environment import Environment

WHERE = 'import importlib.util as u; print(u.find_spec("torch").origin)'


def test_the_environment_sees_the_given_torch(tmp_path: Path) -> None:
    # This Python is in an environment itself, whose packages a new one does not see.
    environment = Environment(tmp_path / 'new')
    for _ in range(2):  # again over its own folder
        offline.make(environment)
    theirs, given = (
        subprocess.check_output([python, '-c', WHERE], text=True)
        for python in (environment.python, sys.executable)
    )
    assert theirs == given
    assert environment.packages() == {}


def test_a_folder_of_others_is_kept(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(SetupError, match='another folder'):
        offline.make(Environment(tmp_path))
    assert (tmp_path / 'file').exists()


@pytest.mark.parametrize(
    'names',
    [[], ['simplejpeg-1.9.0-cp312-cp312-manylinux_2_28_x86_64.whl']],
)
def test_wheels_that_do_not_fit_are_one_sentence(
    tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(SetupError, match=r'make wheels PYTHON=3\.11'):
        offline.wheels_for(tmp_path, (3, 11))


def test_pure_wheels_and_those_of_the_version_fit(tmp_path: Path) -> None:
    names = ['a-1-py3-none-any.whl', 'b-1-cp311-cp311-manylinux_2_28_x86_64.whl']
    for name in [*names, 'c-1-cp37-abi3-manylinux_2_28_x86_64.whl']:
        (tmp_path / name).touch()
    assert len(offline.wheels_for(tmp_path, (3, 11))) == 3


def test_missing_packages_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline, 'EXPECTED', {'json': 'json', 'no_such': 'no-such'})
    environment = Environment(tmp_path)
    environment.python.parent.mkdir()
    environment.python.symlink_to(sys.executable)
    with pytest.raises(SetupError, match=r'lacks no-such.*WITH="no-such"'):
        offline.check(environment)
