"""Actions after the import of a module."""

import importlib
import importlib.util
import inspect
import sys
import zipfile

import pytest

from setsim_mm import import_hooks
from setsim_mm.import_hooks import after_import


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to import from; what was imported and awaited is forgotten."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(import_hooks, '_actions', {})
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def seen():
    return []


def note_value(seen):
    return lambda module: seen.append((module.__name__, module.VALUE))


def test_an_action_runs_when_the_module_is_complete(folder, seen):
    (folder / 'awaited.py').write_text('VALUE = 1\nVALUE = 2')
    after_import('awaited', note_value(seen))
    assert seen == []
    import awaited

    assert seen == [('awaited', 2)]
    assert importlib.import_module('awaited') is awaited
    assert len(seen) == 1


def test_it_runs_at_once_for_a_module_that_is_there(folder, seen):
    (folder / 'imported.py').write_text('VALUE = 1')
    importlib.import_module('imported')
    after_import('imported', note_value(seen))
    assert seen == [('imported', 1)]


def test_it_runs_again_when_the_module_is_reloaded(folder, seen):
    (folder / 'reloaded.py').write_text('VALUE = 1')
    after_import('reloaded', note_value(seen))
    importlib.reload(importlib.import_module('reloaded'))
    assert seen == [('reloaded', 1)] * 2


def test_actions_run_in_order_and_before_the_importing_module_goes_on(folder, seen):
    package = folder / 'package'
    package.mkdir()
    (package / '__init__.py').write_text('from .inner import VALUE')
    (package / 'inner.py').write_text('VALUE = 1')

    def double(module):
        module.VALUE *= 2

    after_import('package.inner', double)
    after_import('package.inner', note_value(seen))
    after_import('package', note_value(seen))
    importlib.import_module('package')
    assert seen == [('package.inner', 2), ('package', 2)]


def test_an_action_that_fails_makes_the_import_fail(folder):
    (folder / 'failing.py').write_text('VALUE = 1')
    after_import('failing', lambda module: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        importlib.import_module('failing')
    assert 'failing' not in sys.modules


def test_a_module_that_does_not_exist_is_missing_as_ever(folder, seen):
    after_import('missing', seen.append)
    with pytest.raises(ModuleNotFoundError, match='missing'):
        importlib.import_module('missing')
    assert importlib.util.find_spec('missing') is None


def test_the_module_is_as_it_would_be_without_actions(folder, seen):
    source = 'LOADER = type(__loader__)\nVALUE = 1\n'
    (folder / 'awaited.py').write_text(source)
    (folder / 'ordinary.py').write_text(source)
    after_import('awaited', note_value(seen))
    spec = importlib.util.find_spec('awaited')
    assert spec.loader.get_source('awaited') == source
    assert seen == []
    awaited, ordinary = map(importlib.import_module, ('awaited', 'ordinary'))
    assert inspect.getsource(awaited) == source
    assert awaited.LOADER is ordinary.LOADER
    assert type(awaited.__loader__) is type(awaited.__spec__.loader) is ordinary.LOADER
    assert seen == [('awaited', 1)]


def test_modules_of_one_archive_have_actions_of_their_own(folder, seen, monkeypatch):
    """They share one loader."""
    with zipfile.ZipFile(folder / 'archive.zip', 'w') as archive:
        archive.writestr('zipped.py', 'VALUE = 1')
        archive.writestr('beside.py', 'VALUE = 2')
    monkeypatch.syspath_prepend(str(folder / 'archive.zip'))
    after_import('zipped', note_value(seen))
    importlib.import_module('zipped')
    importlib.import_module('beside')
    assert seen == [('zipped', 1)]
