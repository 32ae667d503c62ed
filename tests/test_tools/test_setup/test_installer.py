"""uv or pip."""

from pathlib import Path

import pytest

from tools.setup import installer
from tools.setup.commands import SetupError


def program(path: Path, prints: str = '') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{prints}"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of uv, the only program on the search path."""
    monkeypatch.setenv('PATH', str(tmp_path / 'programs'))
    monkeypatch.delenv('INSTALLER', raising=False)
    return str(program(tmp_path / 'programs/uv'))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A Python whose pip has no configuration."""
    return program(tmp_path / 'bare')


def test_uv_is_taken_where_it_is_found(
    uv: str, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installer.find_uv(bare) == uv
    monkeypatch.setenv('INSTALLER', 'pip')
    assert installer.find_uv(bare) is None


def test_an_index_in_the_configuration_of_pip_has_priority(
    uv: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = program(tmp_path / 'python', "global.index-url='https://example.org'")
    assert installer.sources_of_pip(python) == ['index-url']
    assert installer.find_uv(python) is None
    monkeypatch.setenv('INSTALLER', 'uv')
    assert installer.find_uv(python) == uv


def test_without_uv(
    uv: str, bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    assert installer.find_uv(bare) is None
    for wanted in ('uv', 'conda'):
        monkeypatch.setenv('INSTALLER', wanted)
        with pytest.raises(SetupError, match=f'INSTALLER={wanted}'):
            installer.find_uv(bare)
