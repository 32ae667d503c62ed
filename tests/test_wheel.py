"""The wheel: the library without the repository."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

IMPORT_EVERYTHING = """
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import setsim_mm

root = Path(setsim_mm.__file__).parent
for module in pkgutil.walk_packages([str(root)], 'setsim_mm.'):
    if module.name.startswith('setsim_mm.hosts.mmpretrain.'):
        continue  # imported where MMPretrain is the host
    import_module(module.name)
    print(module.name)
repository = Path(sys.argv[1])
for name, module in list(sys.modules.items()):
    file = getattr(module, '__file__', None)
    inside = file and Path(file).is_relative_to(repository)
    assert not inside or '.venv' in Path(file).parts, (name, file)
"""


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('wheel')
    source = folder / 'source'  # a build leaves files beside its sources
    shutil.copytree(REPOSITORY / 'setsim_mm', source / 'setsim_mm')
    for name in ('pyproject.toml', 'README.md', 'LICENSE'):
        shutil.copy(REPOSITORY / name, source)
    command = [sys.executable, '-m', 'pip', 'wheel', '--no-deps', '-q', source]
    options = ['--no-build-isolation', '--no-index', '--wheel-dir', folder]
    subprocess.run([*command, *options], check=True, timeout=300)
    (built,) = folder.glob('setsim_mm-*.whl')
    return built


def test_holds_the_library_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split('/')[0] for name in names}
    assert {top for top in tops if not top.endswith('.dist-info')} == {'setsim_mm'}
    assert 'setsim_mm/models/algorithms/setsim.py' in names
    assert 'setsim_mm/py.typed' in names


def test_every_module_imports_without_the_repository(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / 'installed')
    done = subprocess.run(
        [sys.executable, '-c', IMPORT_EVERYTHING, REPOSITORY],
        cwd=tmp_path,
        env={'PATH': '', 'PYTHONPATH': str(tmp_path / 'installed')},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 'setsim_mm.models.algorithms.setsim' in done.stdout.split()
