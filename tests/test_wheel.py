"""The wheel: the library without the repository."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from .test_apis.test_pretraining import TINY
from .test_tools.training_helpers import write_images

REPOSITORY = Path(__file__).resolve().parents[1]

IMPORT_EVERYTHING = """
import pkgutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import setsim_mm

root = Path(setsim_mm.__file__).parent
has_mmpretrain = find_spec('mmpretrain')
for module in pkgutil.walk_packages([str(root)], 'setsim_mm.'):
    if module.name.startswith('setsim_mm.hosts.mmpretrain.') and not has_mmpretrain:
        continue
    import_module(module.name)
    print(module.name)
repository = Path(sys.argv[1])
for name, module in list(sys.modules.items()):
    file = getattr(module, '__file__', None)
    inside = file and Path(file).is_relative_to(repository)
    parts = Path(file).relative_to(repository).parts if inside else ()
    assert not inside or parts[0].startswith('.venv'), (name, file)
"""


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('wheel')
    source = folder / 'source'  # a build leaves files beside its sources
    for name in ('setsim_mm', 'configs', 'tools'):
        shutil.copytree(REPOSITORY / name, source / name, symlinks=True)
    for name in ('pyproject.toml', 'README.md', 'LICENSE', 'model-index.yml'):
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


@pytest.mark.parametrize('folder', ['configs', 'tools'])
def test_holds_configs_and_programs_where_mim_looks_for_them(wheel, folder):
    prefix = f'setsim_mm/.mim/{folder}/'
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    root = REPOSITORY / folder
    files = {path.relative_to(root).as_posix() for path in root.rglob('*.*')}
    assert packed == {name for name in files if '__pycache__' not in name}
    assert 'setsim_mm/.mim/model-index.yml' in names


def test_the_extras_name_the_hosts(wheel):
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (n for n in archive.namelist() if n.endswith('/METADATA'))
    required = [
        line.partition(': ')[2]
        for line in archive.read(metadata).decode().splitlines()
        if line.startswith('Requires-Dist')
    ]
    for host in ('mmselfsup', 'mmpretrain'):
        lines = [line for line in required if line.startswith(host)]
        assert lines and all('extra ==' in line for line in lines)
        assert any(f'extra == "{host}"' in line for line in lines)


@pytest.fixture(scope='module')
def setsim(wheel, tmp_path_factory) -> Path:
    """The command `setsim` of an environment with the wheel.

    The wheel's requirements come from the environment of the tests. Python does not
    process the .pth files in it, so that its editable installation is not found.
    """
    folder = tmp_path_factory.mktemp('environment')
    options = ['--without-pip', folder]
    subprocess.run([sys.executable, '-m', 'venv', *options], check=True, timeout=100)
    (packages,) = folder.glob('lib/python*/site-packages')
    (packages / 'requirements.pth').write_text(sysconfig.get_path('purelib') + '\n')
    # Beside it lies setuptools' replacement of distutils, which mmengine imports.
    for shim in Path(sysconfig.get_path('purelib')).glob('distutils-precedence.pth'):
        shutil.copy(shim, packages / 'setuptools.pth')
    pip = [sys.executable, '-m', 'pip', '--python', folder / 'bin' / 'python']
    options = ['--no-deps', '--no-index', '--no-compile', '-q', wheel]
    subprocess.run([*pip, 'install', *options], check=True, timeout=100)
    return folder / 'bin' / 'setsim'


def test_pretrains_without_the_repository(setsim, tmp_path):
    images = write_images(tmp_path / 'images', 16)
    command = [setsim, 'pretrain', '--data', images, '--out', 'mine', '--epochs', '1']
    done = subprocess.run(
        [*command, '--cfg-options', *(f'{key}={value}' for key, value in TINY.items())],
        cwd=tmp_path,
        env={'PATH': '', 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = {path.name for path in (tmp_path / 'mine').iterdir()}
    assert written >= {
        'backbone.pth',
        'backbones',
        'config.py',
        'corresponding_sets.png',
        'epoch_1.pth',
        'training_curves.png',
    }
    libraries = {path.stem for path in (tmp_path / 'mine' / 'backbones').iterdir()}
    assert libraries == {'detectron2', 'mmdet', 'mmseg', 'timm', 'torchvision'}
    text = (tmp_path / 'mine' / 'config.py').read_text() + done.stdout + done.stderr
    assert str(REPOSITORY) not in text


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
