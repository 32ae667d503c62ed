"""The compiled mmcv: its key, its cache and its corrected source."""

import dataclasses
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.setup import mmcv_wheel
from tools.setup.commands import SetupError
from tools.setup.mmcv_wheel import WheelKey

KEY = WheelKey('2.0.1', '2.11.0', '3.11', 'linux-x86_64', 'cpu')


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache/setsim_mm/wheels'


def write_wheel(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('mmcv/__init__.py', '')
    return path


def test_each_part_of_the_key_changes_the_folder() -> None:
    names = {str(KEY)}
    for field in dataclasses.fields(KEY):
        names.add(str(dataclasses.replace(KEY, **{field.name: 'another'})))
    assert len(names) == 7
    assert str(KEY) == 'mmcv-2.0.1-torch-2.11.0-python-3.11-linux-x86_64-cpu-O3'


def test_cache_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mmcv_wheel.cache_folder() == cache
    monkeypatch.setenv('XDG_CACHE_HOME', '')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert mmcv_wheel.cache_folder() == tmp_path / '.cache/setsim_mm/wheels'


def test_only_an_intact_wheel_counts(tmp_path: Path) -> None:
    whole = write_wheel(tmp_path / 'mmcv-2.whl')
    (tmp_path / '.mmcv-1.whl.partial').write_bytes(whole.read_bytes())
    (tmp_path / 'mmcv-1.whl').write_bytes(whole.read_bytes()[:20])
    assert mmcv_wheel.cached_wheel(tmp_path) == whole
    whole.unlink()
    assert mmcv_wheel.cached_wheel(tmp_path) is None


def give(cache: Path, tmp_path: Path) -> Path:
    return mmcv_wheel.compiled_wheel(
        tmp_path / 'no-python', KEY, tmp_path / 'mmcv.txt', tmp_path
    )


def test_a_cached_wheel_is_not_built_again(cache: Path, tmp_path: Path) -> None:
    wheel = write_wheel(cache / str(KEY) / 'mmcv-2.0.1-cp311-cp311-linux_x86_64.whl')
    assert give(cache, tmp_path) == wheel


def test_a_built_wheel_is_kept(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = []

    def build(python: Path, key: WheelKey, requirement: Path, work: Path, _) -> Path:
        builds.append(key)
        return write_wheel(work / 'mmcv-2.0.1.whl')

    monkeypatch.setattr(mmcv_wheel, 'check_compiler', lambda python: None)
    monkeypatch.setattr(mmcv_wheel, '_build', build)
    wheel = give(cache, tmp_path)
    assert wheel == cache / str(KEY) / 'mmcv-2.0.1.whl'
    assert give(cache, tmp_path) == wheel
    assert builds == [KEY]
    assert [path.name for path in wheel.parent.iterdir()] == ['mmcv-2.0.1.whl']


def test_a_failed_build_keeps_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(python: Path, key: WheelKey, requirement: Path, work: Path, _) -> Path:
        write_wheel(work / 'mmcv-2.0.1.whl')
        raise SetupError('the operators do not run')

    monkeypatch.setattr(mmcv_wheel, 'check_compiler', lambda python: None)
    monkeypatch.setattr(mmcv_wheel, '_build', build)
    with pytest.raises(SetupError):
        give(cache, tmp_path)
    assert not list(cache.rglob('*.whl*'))
    assert not list(tmp_path.glob('mmcv-*'))


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'file').touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    with pytest.raises(SetupError, match='XDG_CACHE_HOME'):
        give(tmp_path, tmp_path)


def write_source(folder: Path, setup: str) -> Path:
    archive = folder / 'mmcv-2.0.1.tar.gz'
    with tarfile.open(archive, 'w:gz') as tar:
        member = tarfile.TarInfo('mmcv-2.0.1/setup.py')
        member.size = len(setup)
        tar.addfile(member, io.BytesIO(setup.encode()))
    return archive


def test_the_source_is_compiled_as_cpp17(tmp_path: Path) -> None:
    archive = write_source(tmp_path, "args = ['-std=c++14']; other = ['/std:c++14']")
    source = mmcv_wheel.unpack(archive)
    assert source == tmp_path / 'mmcv-2.0.1'
    mmcv_wheel.set_cpp17(source)
    assert "args = ['-std=c++17']" in (source / 'setup.py').read_text()


def test_another_source_is_an_error(tmp_path: Path) -> None:
    source = mmcv_wheel.unpack(write_source(tmp_path, "args = ['-std=c++20']"))
    with pytest.raises(SetupError, match=r'requirements/mmcv\.txt'):
        mmcv_wheel.set_cpp17(source)


def test_the_build_sees_a_gpu_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '0')
    monkeypatch.setenv('CFLAGS', '-march=native')
    monkeypatch.setenv('FORCE_CUDA', '1')
    python = Path('/env/bin/python')
    assert mmcv_wheel.device_wanted() == 'cuda'
    env = mmcv_wheel.build_environment(python, 'cuda', '2')
    assert (env['CUDA_VISIBLE_DEVICES'], env['FORCE_CUDA']) == ('0', '1')
    env = mmcv_wheel.build_environment(python, 'cpu', '2')
    assert (env['CUDA_VISIBLE_DEVICES'], env['FORCE_CUDA']) == ('', '0')
    assert env['PATH'].startswith('/env/bin:')
    assert env['CFLAGS'] == '-O3 -DNDEBUG -g0 -march=native'
    monkeypatch.delenv('FORCE_CUDA')
    assert mmcv_wheel.device_wanted() == 'cpu'
