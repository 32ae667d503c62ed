"""Reading lists of images, valid and malicious ones."""

import os
from pathlib import Path

import pytest

from setsim_mm.datasets.image_lists import MAX_LINE, read_image_list
from setsim_mm.utils import UserError


def write(folder: Path, *lines: str, errors: str = 'strict') -> str:
    path = folder / 'train.txt'
    path.write_text('\n'.join(lines), encoding='utf-8', errors=errors)
    return str(path)


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


def test_names_of_any_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b'n01/\xff\xe9.jpg')
    assert read_image_list(write(tmp_path, name, errors='surrogateescape')) == [name]


OUTSIDE = [
    '/etc/passwd.jpg',
    '/a.jpg 5',
    '../a.jpg',
    '../../a.jpg 5',
    'a/../../b.jpg',
    './../a.jpg',
    'a/b/../../../c.jpg',
    '..',
    'http://example.com/a.jpg',
    'x:lmdb:///a/images.lmdb#b.jpg',
]


@pytest.mark.parametrize('line', OUTSIDE)
def test_paths_outside_the_folder(line: str, tmp_path: Path) -> None:
    path = write(tmp_path, 'n01/a.jpg 0', '', line, 'n01/b.jpg 0')
    with pytest.raises(UserError) as caught:
        read_image_list(path)
    message = str(caught.value)
    name = line.split()[0]
    for word in ('line 3 of', path, repr(name), 'allow_paths_outside=True'):
        assert word in message
    assert '\n' not in message
    assert read_image_list(path, allow_paths_outside=True)[1] == name


def test_paths_inside_the_folder(tmp_path: Path) -> None:
    names = ['a/../b.jpg', './a.jpg', '...jpg', '..a/b.jpg', 'a/..b.jpg', 'a..b/c.jpg']
    assert read_image_list(write(tmp_path, *names)) == names


def test_an_endless_line(tmp_path: Path) -> None:
    name = 'a' * (MAX_LINE - 5) + '.jpg'
    path = write(tmp_path, name, 'b.jpg')
    assert read_image_list(path) == [name, 'b.jpg']
    path = write(tmp_path, 'b.jpg', 'aa' + name)
    with pytest.raises(UserError, match=r'line 2 of .*train.txt.* 8,192 characters'):
        read_image_list(path)
    os.truncate(path, 2**40)  # takes no room on the disk, but more memory than there is
    with pytest.raises(UserError, match='line 2 of'):
        read_image_list(path)


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'train.txt')
    with pytest.raises(OSError, match='not a regular file'):
        read_image_list(str(tmp_path / 'train.txt'))
