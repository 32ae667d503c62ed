"""Finding image files, and reading lists of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from setsim_mm.datasets.image_files import find_images, read_image_list


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


def test_what_is_left_out(tmp_path: Path) -> None:
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


def test_links_in_a_circle(tmp_path: Path) -> None:
    touch(tmp_path, 'a/1.jpg', 'b/2.jpg')
    (tmp_path / 'a/up').symlink_to(tmp_path)
    (tmp_path / 'a/to_b').symlink_to(tmp_path / 'b')
    (tmp_path / 'b/to_a').symlink_to(tmp_path / 'a')
    # Each file by each path that does not pass through a folder twice.
    assert names(tmp_path) == ['a/1.jpg', 'a/to_b/2.jpg', 'b/2.jpg', 'b/to_a/1.jpg']


@pytest.mark.parametrize('newline', ['\n', '\r\n'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig'])
def test_lists(tmp_path: Path, newline: str, encoding: str) -> None:
    lines = [
        'n01/a.JPEG 0',
        'n01/with a blank.JPEG 12',
        'n01/unlabelled.JPEG',
        'n01/blank and 3.jpg',
        'n01/Bär.png\t7',
        'n01/no_suffix 5',
        'n01/no_suffix_and_no_label',
        '',
        '   ',
    ]
    path = tmp_path / 'list.txt'
    path.write_bytes(newline.join(lines).encode(encoding))
    assert read_image_list(str(path)) == [
        'n01/a.JPEG',
        'n01/with a blank.JPEG',
        'n01/unlabelled.JPEG',
        'n01/blank and 3.jpg',
        'n01/Bär.png',
        'n01/no_suffix',
        'n01/no_suffix_and_no_label',
    ]


def test_found_files_begin_with_the_folder(
    tmp_path: Path, write_images: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images('images/a.jpg')
    monkeypatch.chdir(tmp_path)
    assert find_images('images') == ['images/a.jpg']
