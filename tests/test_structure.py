"""The rules of the house: who may import whom (CONTRIBUTING.md, "Layout")."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from setsim_mm.hosts.choice import HOSTS

from .missing_packages import DENSE_PACKAGES

REPOSITORY = Path(__file__).resolve().parents[1]
LIBRARY = REPOSITORY / 'setsim_mm'

# Lower ones know nothing of higher ones; those of one line may know each other.
LAYERS = (
    ('import_hooks', 'lazy', 'version'),
    ('compat', 'host', 'hosts', 'registration', 'registry', 'structures', 'utils'),
    ('runs',),
    ('datasets', 'models'),
    ('engine', 'evaluation', 'pairs', 'visualization'),
    ('apis', 'transfer'),
    ('cli',),
)
LAYER_OF = {room: depth for depth, rooms in enumerate(LAYERS) for room in rooms}


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute names of the modules that a file imports."""
    package = list(path.relative_to(REPOSITORY).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = '.'.join([*start, *filter(None, [node.module])])
            yield from (f'{base}.{alias.name}' for alias in node.names)


FILES = sorted(LIBRARY.rglob('*.py'))


def room(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix('.py')


@pytest.mark.parametrize('host', HOSTS)
def test_only_the_bridges_of_a_host_import_it(host):
    importers = {
        path.relative_to(LIBRARY / 'hosts').parts[0].removesuffix('.py')
        if path.is_relative_to(LIBRARY / 'hosts')
        else path.name
        for path in FILES
        if any(name.split('.')[0] == host for name in imports(path))
    }
    assert importers == {host}


def test_only_the_dense_benchmarks_import_their_packages():
    """Check what the skipping of tests in missing_packages.py relies on."""
    importers = {
        path.relative_to(LIBRARY).as_posix()
        for path in FILES
        if room(path) != 'transfer'
        and any(name.split('.')[0] in DENSE_PACKAGES for name in imports(path))
    }
    assert importers == {'evaluation/mmseg_datasets.py'}


def test_the_library_imports_no_program():
    programs = {'tools', *(path.stem for path in (REPOSITORY / 'tools').iterdir())}
    programs |= {path.name for path in (REPOSITORY / 'tools').glob('*/*/')}
    assert {'studies', 'measurements', 'toy'} <= programs
    for path in FILES:
        assert not programs & {name.split('.')[0] for name in imports(path)}, path


def test_one_file_starts_programs():
    """The command `setsim` offers programs of the wheel (`setsim_mm/.mim/tools`).

    Users of the wheel have no repository, so that the command has to find and to run
    them. Nothing else in the library does: what it needs of a program is moved into it.
    """
    starters = {
        path.relative_to(LIBRARY).as_posix()
        for path in FILES
        if re.search(r"shipped_file\(f?'tools|runpy|spec_from_file", path.read_text())
    }
    assert starters == {'cli/programs.py'}


@pytest.mark.parametrize('name', sorted(LAYER_OF))
def test_dependencies_point_one_way(name):
    files = [path for path in FILES if room(path) == name]
    assert files
    for path in files:
        for imported in imports(path):
            parts = imported.split('.')
            if parts[0] != 'setsim_mm' or len(parts) < 2 or parts[1] not in LAYER_OF:
                continue
            assert LAYER_OF[parts[1]] <= LAYER_OF[name], (path, imported)


def test_every_room_has_a_layer():
    rooms = {room(path) for path in FILES} - {'__init__', '__pycache__'}
    assert rooms == set(LAYER_OF)
