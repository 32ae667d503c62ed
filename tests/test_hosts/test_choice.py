"""The choice of the host, and what is wrong with it."""

from importlib import import_module, metadata

import pytest

from setsim_mm.hosts import choice
from setsim_mm.hosts.choice import HOSTS, VARIABLE, Host, host_name, is_host
from setsim_mm.utils import UserError


@pytest.fixture(autouse=True)
def chosen_anew(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    host_name.cache_clear()
    yield
    host_name.cache_clear()


def install(monkeypatch, *names: str) -> None:
    """Pretend that these hosts and no others are installed."""
    monkeypatch.setattr(
        choice, 'find_spec', lambda name: name if name in names else None
    )
    monkeypatch.setattr(Host, 'installed_version', None)


def test_mmselfsup_comes_first(monkeypatch):
    install(monkeypatch, 'mmpretrain', 'mmselfsup')
    assert host_name() == 'mmselfsup'
    assert is_host('mmselfsup')
    assert not is_host('mmpretrain')


def test_mmpretrain_where_it_is_alone(monkeypatch):
    install(monkeypatch, 'mmpretrain')
    assert host_name() == 'mmpretrain'


@pytest.mark.parametrize('name', HOSTS)
def test_the_variable_chooses(name, monkeypatch):
    install(monkeypatch, *HOSTS)
    monkeypatch.setenv(VARIABLE, name)
    assert host_name() == name


def test_an_empty_variable_chooses_nothing(monkeypatch):
    install(monkeypatch, 'mmpretrain')
    monkeypatch.setenv(VARIABLE, '')
    assert host_name() == 'mmpretrain'


def test_no_host(monkeypatch):
    install(monkeypatch)
    with pytest.raises(UserError, match='neither mmselfsup nor mmpretrain'):
        host_name()
    assert not any(map(is_host, HOSTS))


def test_an_unknown_host(monkeypatch):
    monkeypatch.setenv(VARIABLE, 'mmcls')
    with pytest.raises(UserError, match=r"'mmcls'.*mmselfsup or mmpretrain"):
        host_name()


def test_a_host_that_is_not_installed(monkeypatch):
    install(monkeypatch, 'mmselfsup')
    monkeypatch.setenv(VARIABLE, 'mmpretrain')
    with pytest.raises(UserError, match='not installed'):
        host_name()


@pytest.mark.parametrize(
    ('name', 'version', 'fits'),
    [
        ('mmselfsup', '1.0.0', True),
        ('mmselfsup', '1.0.0rc6', False),
        ('mmselfsup', '0.11.0', False),
        ('mmpretrain', '1.0.0', False),
        ('mmpretrain', '1.2.0', True),
        ('mmpretrain', '1.3.6', True),
        ('mmpretrain', '2.0.0', False),
    ],
)
def test_versions(name, version, fits, monkeypatch):
    install(monkeypatch, name)
    monkeypatch.setattr(Host, 'installed_version', version)
    if fits:
        assert host_name() == name
    else:
        with pytest.raises(UserError, match=f'{name} {version} is not supported'):
            host_name()


def test_the_installed_version_is_read():
    """Also where the package that installs the module has another name."""
    name = host_name()
    installed = import_module(f'{name}.version').__version__
    assert HOSTS[name].installed_version == installed
    other = Host('x', ('no-such-package', 'numpy'), '1', '2')
    assert other.installed_version == metadata.version('numpy')
