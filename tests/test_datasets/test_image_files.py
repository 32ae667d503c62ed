"""Finding image files."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from setsim_mm.datasets.image_files import ImageFiles, find_images
from setsim_mm.datasets.regular_files import regular_files_below


def names(folder: Path) -> list[str]:
    return [os.path.relpath(path, folder) for path in find_images(str(folder))]


def touch(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def test_any_depth_either_case_sorted(tmp_path: Path) -> None:
    touch(tmp_path, 'b.JPG', 'a/deep/er/c d.jpeg', 'a/x.png', 'z.WebP', 'B/y.gif')
    assert names(tmp_path) == [
        'B/y.gif',
        'a/deep/er/c d.jpeg',
        'a/x.png',
        'b.JPG',
        'z.WebP',
    ]


def test_ignored_files(tmp_path: Path) -> None:
    touch(tmp_path, 'a.jpg', '.hidden.jpg', '._b.jpg', '.trash/c.jpg', 'd.txt', 'e')
    touch(tmp_path, 'folder.jpg/f.jpg')
    assert names(tmp_path) == ['a.jpg', 'folder.jpg/f.jpg']


def test_links_are_followed(tmp_path: Path) -> None:
    touch(tmp_path, 'elsewhere/a.jpg', 'elsewhere/b.jpg', 'images/c.jpg')
    (tmp_path / 'images/folder').symlink_to(tmp_path / 'elsewhere')
    (tmp_path / 'images/file.jpg').symlink_to(tmp_path / 'elsewhere/a.jpg')
    assert names(tmp_path / 'images') == [
        'c.jpg',
        'file.jpg',
        'folder/a.jpg',
        'folder/b.jpg',
    ]
    (tmp_path / 'link').symlink_to(tmp_path / 'images')
    assert len(names(tmp_path / 'link')) == 4


def test_circular_links(tmp_path: Path) -> None:
    touch(tmp_path, 'a/1.jpg', 'b/2.jpg')
    (tmp_path / 'a/up').symlink_to(tmp_path)
    (tmp_path / 'a/to_b').symlink_to(tmp_path / 'b')
    (tmp_path / 'b/to_a').symlink_to(tmp_path / 'a')
    # Each file by each path that does not pass through a folder twice.
    assert names(tmp_path) == ['a/1.jpg', 'a/to_b/2.jpg', 'b/2.jpg', 'b/to_a/1.jpg']


def test_found_files_begin_with_the_folder(
    tmp_path: Path, write_images: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images('images/a.jpg')
    monkeypatch.chdir(tmp_path)
    assert find_images('images') == ['images/a.jpg']


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """One image among broken links and special files."""
    touch(tmp_path, 'images/n01/a.jpg')
    images = tmp_path / 'images'
    os.mkfifo(images / 'fifo.jpg')
    (images / 'device.jpg').symlink_to('/dev/zero')
    (images / 'self.jpg').symlink_to('self.jpg')
    (images / 'one').symlink_to('other')
    (images / 'other').symlink_to('one')
    (images / 'n01/up').symlink_to('..')
    (images / 'gone.jpg').symlink_to('not_there.jpg')
    return images


ODD = [
    'device.jpg',
    'fifo.jpg',
    'gone.jpg',
    'n01/up',
    'one',
    'other',
    'self.jpg',
]


def test_special_files_are_skipped(odd_folder: Path) -> None:
    files, skipped = regular_files_below([str(odd_folder)])
    assert files == [f'{odd_folder}/n01/a.jpg']
    assert sorted(skipped) == [f'{odd_folder}/{name}' for name in ODD]


def test_a_socket_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may have 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind('socket.jpg')
        assert regular_files_below(['.']) == ([], ['./socket.jpg'])


def test_special_files_are_logged_once(odd_folder: Path, logged: list[str]) -> None:
    assert names(odd_folder) == ['n01/a.jpg']
    (message,) = logged
    assert 'skipped 7 paths' in message
    assert all(f'{odd_folder}/{name}' in message for name in ODD[:3])
    assert ODD[3] not in message


def test_special_files_in_class_folders(odd_folder: Path, logged: list[str]) -> None:
    images = ImageFiles(str(odd_folder))
    touch(odd_folder, 'n02/b.jpg')
    os.mkfifo(odd_folder / 'n02/fifo.jpg')
    # The link from n01 to the parent folder is circular also if only n01 is searched.
    assert images.found(['n01']) == [f'{odd_folder}/n01/a.jpg']
    assert len(images.found(['n01', 'n02'])) == 2
    first, second = logged
    assert 'skipped 1 paths' in first and f'{odd_folder}/n01/up' in first
    assert 'skipped 2 paths' in second and f'{odd_folder}/n02/fifo.jpg' in second
    with pytest.raises(FileNotFoundError, match="'one'"):
        images.found(['one'])


def test_names_in_the_log_can_be_printed(tmp_path: Path, logged: list[str]) -> None:
    os.mkfifo(os.fsencode(tmp_path) + b'/\xff\n.jpg')
    with pytest.raises(FileNotFoundError, match='data_root'):
        ImageFiles(str(tmp_path)).found()
    (message,) = logged
    assert message.isprintable() and r'\udcff\n.jpg' in message


def test_a_folder_that_cannot_be_read(tmp_path: Path, logged: list[str]) -> None:
    """No user can open a path of more than 4,096 bytes."""
    touch(tmp_path, 'a.jpg')
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir('d' * 250, dir_fd=folder)
        below = os.open('d' * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    assert names(tmp_path) == ['a.jpg']
    (message,) = logged
    assert 'skipped 1 paths' in message and 'ddd/ddd' in message


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find_images(str(tmp_path / 'gone'))
    (tmp_path / 'loop').symlink_to('loop')
    with pytest.raises(OSError, match='loop'):
        find_images(str(tmp_path / 'loop'))
