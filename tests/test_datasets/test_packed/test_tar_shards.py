"""Tar shards: other readers, offsets, open files."""

import os
import tarfile
from pathlib import Path

import pytest
import webdataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mmengine import fileio

from setsim_mm.datasets.packed import PackedImages, TarShardsBackend, pack_images
from setsim_mm.datasets.packed.tar_shards import FILES_OPEN, TarWriter

from .conftest import NAMES, Photographs


@pytest.fixture
def shards(packed: Photographs) -> list[str]:
    found = sorted(str(path) for path in packed.folder('tar').glob('*.tar'))
    assert len(found) > 1
    return found


def test_tarfile_reads_the_same(packed: Photographs, shards: list[str]) -> None:
    members = []
    for shard in shards:
        with tarfile.open(shard) as file:
            for member in file:
                data = file.extractfile(member).read()
                assert data == packed.bytes_of(member.name)
                members.append((member.name, os.path.basename(shard), member))
    assert [name for name, _, _ in members] == list(dict.fromkeys(NAMES))
    places = {
        name: f'{shard}?{member.offset_data}+{member.size}'
        for name, shard, member in members
    }
    uris = PackedImages(str(packed.folder('tar'))).found()
    root = f'tar://{packed.folder("tar")}'
    assert uris == [f'{root}/{places[name]}#{name}' for name in NAMES]


def test_webdataset_reads_the_same(packed: Photographs, shards: list[str]) -> None:
    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    expected = [name for name in dict.fromkeys(NAMES)]
    assert len(samples) == len(expected)
    for name, sample in zip(expected, samples, strict=True):
        folder, _, base = name.rpartition('/')
        stem, _, suffix = base.partition('.')
        assert sample['__key__'] == f'{folder}/{stem}'
        assert sample[suffix.lower()] == packed.bytes_of(name)


@given(
    images=st.lists(st.binary(max_size=3000), min_size=1, max_size=12),
    shard_size=st.integers(1, 40000),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sizes(
    tmp_path_factory: pytest.TempPathFactory, images: list[bytes], shard_size: int
) -> None:
    folder = tmp_path_factory.mktemp('shards')
    writer = TarWriter(str(folder), [], shard_size)
    places = [writer.add(f'{i}.jpg', image) for i, image in enumerate(images)]
    assert writer.finish() == len(images)
    backend = TarShardsBackend()
    for i, (place, image) in enumerate(zip(places, images, strict=True)):
        assert backend.get(f'tar://{folder}/{place}#{i}.jpg') == image
    for path in folder.iterdir():
        with tarfile.open(path) as shard:
            members = shard.getmembers()
        assert path.stat().st_size <= shard_size or len(members) == 1
    assert len(list(folder.iterdir())) == len({p.split('?')[0] for p in places})


def test_no_more_files_open_than_allowed(tmp_path: Path) -> None:
    (tmp_path / 'plain').mkdir()
    for i in range(FILES_OPEN + 20):
        (tmp_path / 'plain' / f'{i:03}.jpg').write_bytes(b'%d' % i)
    images = pack_images(
        str(tmp_path / 'plain'), str(tmp_path / 'tar'), 'tar', shard_size=1
    )
    assert len(images.manifest.files) == len(images) + 1
    before = len(os.listdir('/proc/self/fd'))
    for _ in range(2):
        for i, uri in enumerate(images.found()):
            assert fileio.get(uri) == b'%d' % i
    assert len(os.listdir('/proc/self/fd')) - before == FILES_OPEN
    fileio.get_file_backend('tar://', enable_singleton=True).close()
    assert len(os.listdir('/proc/self/fd')) == before


def test_damage_is_an_error(packed: Photographs, shards: list[str]) -> None:
    uri = PackedImages(str(packed.folder('tar'))).found()[0]
    assert fileio.get_text(uri, 'latin-1').startswith('ÿØ')
    os.truncate(shards[0], 700)
    with pytest.raises(OSError, match=r'000000\.tar.*truncated'):
        fileio.get(uri)
    with pytest.raises(ValueError, match='URI'):
        fileio.get(f'tar://{shards[0]}#a.jpg')
    with pytest.raises(FileNotFoundError):
        fileio.get(uri.replace('000000', '000099'))


def test_invalid_sizes(packed: Photographs, shards: list[str]) -> None:
    """A URI may be untrusted. No memory is allocated for an invalid size."""
    size = os.path.getsize(shards[0])
    for place in (f'0+{size + 1}', f'{size}+1', f'0+{2**30 + 1}', f'{10**18}+1'):
        with pytest.raises((OSError, ValueError), match=r'truncated|1 GiB'):
            fileio.get(f'tar://{shards[0]}?{place}#a.jpg')
    for place in (f'0+{10**18}', f'0+{10**40}', '-1+1', '0+-1', '1e3+1', '٣+٣'):
        with pytest.raises(ValueError, match=r'1 GiB|URI'):
            fileio.get(f'tar://{shards[0]}?{place}#a.jpg')
    assert fileio.get(f'tar://{shards[0]}?{size}+0#a.jpg') == b''
    with pytest.raises(ValueError, match='URI'):
        fileio.get('tar:///etc/passwd?0+1#a.jpg')


def test_a_sparse_shard(tmp_path: Path) -> None:
    """A sparse file of any size takes no space on the disk."""
    (tmp_path / '000000.tar').touch()
    os.truncate(tmp_path / '000000.tar', 2**40)
    with pytest.raises(ValueError, match='1 GiB'):
        fileio.get(f'tar://{tmp_path}/000000.tar?0+{2**40}#a.jpg')


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / '000000.tar')
    with pytest.raises(OSError, match='not a regular file'):
        fileio.get(f'tar://{tmp_path}/000000.tar?0+1#a.jpg')
