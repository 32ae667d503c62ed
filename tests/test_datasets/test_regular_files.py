"""Opening regular files only, without blocking."""

import os
from pathlib import Path

import pytest

from setsim_mm.datasets.regular_files import regular_file


def read(path: str | Path) -> bytes:
    with open(path, 'rb', opener=regular_file) as file:
        return file.read()


def test_regular_files_and_links_to_them(tmp_path: Path) -> None:
    (tmp_path / 'file').write_bytes(b'content')
    (tmp_path / 'link').symlink_to('file')
    assert read(tmp_path / 'file') == read(tmp_path / 'link') == b'content'


def test_other_files_raise_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'fifo')
    (tmp_path / 'link').symlink_to('fifo')
    for path in (tmp_path / 'fifo', tmp_path / 'link', tmp_path, '/dev/zero'):
        with pytest.raises(OSError, match='not a regular file'):
            read(path)
    (tmp_path / 'loop').symlink_to('loop')
    with pytest.raises(OSError, match='loop'):
        read(tmp_path / 'loop')
    with pytest.raises(FileNotFoundError):
        read(tmp_path / 'gone')


def test_a_fifo_that_takes_the_place_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of the file and opening it."""
    path = str(tmp_path / 'file')
    stat = os.stat

    def stat_and_swap(asked: str) -> os.stat_result:
        result = stat(asked)
        os.remove(path)
        os.mkfifo(path)
        return result

    Path(path).write_bytes(b'content')
    opened = len(os.listdir('/proc/self/fd'))
    with monkeypatch.context() as patch:
        patch.setattr(os, 'stat', stat_and_swap)
        with pytest.raises(OSError, match='not a regular file'):
            read(path)
    assert len(os.listdir('/proc/self/fd')) == opened
