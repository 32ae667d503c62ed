"""LMDB: keys, processes, and mmengine's own backend."""

import multiprocessing
import os
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine import fileio

from setsim_mm.datasets.packed import LmdbFileBackend, PackedImages
from setsim_mm.datasets.packed.lmdb_file import key_of

from .conftest import NAMES, Photographs


@given(st.text())
def test_keys_are_ascii_and_unique(name: str) -> None:
    key = key_of(name)
    assert key.isascii() and key.isprintable()
    assert unquote(key) == name


def test_usual_names_are_their_own_keys() -> None:
    for name in ('n01440764/n01440764_10026.JPEG', 'my photo (1)/a+b#c&d.jpg'):
        assert key_of(name) == name
    assert key_of('ü%.jpg') == '%C3%BC%25.jpg'


def test_mmengine_reads_it_too(packed: Photographs) -> None:
    # By another path: LMDB opens a file once in a process, and packing has read it.
    link = packed.root / 'link'
    link.symlink_to(packed.folder('lmdb') / 'images.lmdb')
    backend = fileio.get_file_backend(
        backend_args=dict(backend='lmdb', db_path=str(link), subdir=False)
    )
    for name in NAMES:
        assert backend.get(key_of(name)) == packed.bytes_of(name)


def test_missing_image(packed: Photographs) -> None:
    uri = f'lmdb://{packed.folder("lmdb")}/images.lmdb#n01/x.JPEG'
    with pytest.raises(FileNotFoundError, match=r"no image 'n01/x.JPEG'"):
        fileio.get(uri)


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'images.lmdb')
    with pytest.raises(FileNotFoundError, match='regular file'):
        fileio.get(f'lmdb://{tmp_path}/images.lmdb#n01/a.JPEG')


def test_a_file_opened_before_a_fork(packed: Photographs) -> None:
    """A child process opens its own environment."""
    backend = LmdbFileBackend()
    uris = PackedImages(str(packed.folder('lmdb'))).found()
    expected = [packed.bytes_of(name) for name in NAMES]
    assert backend.get(uris[0]) == expected[0]
    ((path, before),) = backend._environments.items()
    context = multiprocessing.get_context('fork')
    results = context.SimpleQueue()

    def read_all() -> None:
        data = [backend.get(uri) for uri in uris]
        results.put((data, backend._environments[path] is before))

    for _ in range(2):
        child = context.Process(target=read_all)
        child.start()
        assert results.get() == (expected, False)
        child.join()
        assert child.exitcode == 0
        assert [backend.get(uri) for uri in uris] == expected
    assert backend._environments[path] is before
    backend.close()
    assert backend.get_text(uris[7]) == ''
    backend.close()
