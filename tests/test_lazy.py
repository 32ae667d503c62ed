"""Packages that import on demand."""

import importlib
import pkgutil
import sys
from importlib.util import find_spec
from types import ModuleType

import pytest

import setsim_mm
from setsim_mm.hosts.choice import HOSTS

PACKAGE = """
from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from math import tau as circle

    from .one import first
    from .two import second

other = 3
__getattr__, __dir__ = import_on_demand(__name__, __file__)
"""


@pytest.fixture
def package(tmp_path, monkeypatch) -> ModuleType:
    folder = tmp_path / 'on_demand'
    folder.mkdir()
    (folder / '__init__.py').write_text(PACKAGE)
    (folder / 'one.py').write_text('first = object()')
    (folder / 'two.py').write_text('second = missing')
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module('on_demand')
    for name in [name for name in sys.modules if name.startswith('on_demand')]:
        del sys.modules[name]


def test_only_the_module_of_a_name_is_imported(package):
    assert 'on_demand.one' not in sys.modules
    from on_demand import first

    assert first is package.first is sys.modules['on_demand.one'].first
    assert 'on_demand.two' not in sys.modules
    assert package.other == 3


def test_names_of_other_packages_and_new_names(package):
    import math

    assert package.circle is math.tau
    assert not hasattr(package, 'tau')


def test_all_names_are_listed(package):
    assert {'first', 'second', 'circle', 'other'} <= set(dir(package))


def test_errors_are_those_of_imports(package):
    with pytest.raises(NameError, match='missing'):
        _ = package.second
    with pytest.raises(AttributeError, match=r"'on_demand' .* 'third'"):
        _ = package.third
    with pytest.raises(ImportError, match='third'):
        from on_demand import third  # noqa: F401


def lazy_packages() -> list[ModuleType]:
    of_other_hosts = {
        f'setsim_mm.hosts.{name}' for name in HOSTS if not find_spec(name)
    }
    packages = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(setsim_mm.__path__, 'setsim_mm.')
        if module.ispkg and module.name not in of_other_hosts
    ]
    return [p for p in (setsim_mm, *packages) if hasattr(p, 'import_on_demand')]


def test_most_packages_import_on_demand():
    assert len(lazy_packages()) > 5


@pytest.mark.parametrize('package', lazy_packages(), ids=lambda p: p.__name__)
def test_what_the_packages_offer_is_there(package):
    """Names, not modules that are hidden by them or hide them."""
    for name in package.__all__:
        assert not isinstance(getattr(package, name), ModuleType), name
