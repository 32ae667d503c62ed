"""Packing wheels for a machine without a package index; nothing is downloaded."""

import re
from pathlib import Path

import pytest

from tools.setup import wheels
from tools.setup.commands import SetupError

REQUIREMENTS = wheels.REQUIREMENTS
PIN = re.compile(r'^mmcv-lite==\S+', re.MULTILINE)


def write_wheel(folder: Path, name: str, size: int) -> Path:
    wheel = folder / f'{name}-1.0-py3-none-any.whl'
    wheel.write_bytes(bytes(size))
    return wheel


def test_mmcv_is_that_of_the_level_pretrain() -> None:
    pins = [
        PIN.findall((REQUIREMENTS / name).read_text())
        for name in ('offline.txt', 'pretrain.txt')
    ]
    assert pins[0] == pins[1] and len(pins[0]) == 1


def test_wheels_are_for_the_other_python() -> None:
    options = wheels.target_options('3.12', 'aarch64')
    assert {'--python-version=3.12', '--only-binary=:all:'} <= set(options)
    assert '--platform=manylinux_2_28_aarch64' in options
    assert '--platform=manylinux2014_aarch64' in options
    assert not any('x86_64' in option for option in options)


def test_list_and_limit(tmp_path: Path) -> None:
    packed = [write_wheel(tmp_path, 'one', 1_500_000), write_wheel(tmp_path, 'b', 10)]
    *_, total = wheels.list_of(packed)
    assert total.split() == ['1.50', 'MB', '2', 'wheels']
    wheels.check_size(packed, 1.6)
    with pytest.raises(SetupError, match=r'1\.5 MB.*LIMIT'):
        wheels.check_size(packed, 1.4)


def test_names_are_normalised() -> None:
    wheel = Path('Typing_Extensions-4.0-py3-none-any.whl')
    assert wheels.name_of(wheel) in wheels.GIVEN


@pytest.mark.parametrize('version', ['', '2.7', '3.13', 'python3.12'])
def test_an_unsupported_python_is_one_sentence(tmp_path: Path, version: str) -> None:
    with pytest.raises(SetupError, match=r'3\.12'):
        wheels.pack(version, 'x86_64', tmp_path / 'new', [])
    assert not (tmp_path / 'new').exists()


def test_a_wheel_that_cannot_be_had_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PIP_NO_INDEX', '1')
    monkeypatch.setenv('PIP_CONFIG_FILE', '/dev/null')
    monkeypatch.setenv('PIP_FIND_LINKS', '')
    old = write_wheel(tmp_path, 'old', 1)
    with pytest.raises(SetupError, match='no wheel of mmengine'):
        wheels.pack('3.12', 'x86_64', tmp_path, [])
    assert list(tmp_path.glob('*.whl')) == [old]
