"""Packed images equal the files; errors leave no files behind."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine import fileio

from setsim_mm.datasets import load_channels
from setsim_mm.datasets.packed import FORMATS, PackedImages, pack_images, packing
from setsim_mm.utils import UserError

from .conftest import NAMES, Photographs

both_formats = pytest.mark.parametrize('form', FORMATS)


@both_formats
def test_bytes_and_order_of_a_list(packed: Photographs, form: str) -> None:
    images = PackedImages(str(packed.folder(form)))
    assert len(images) == len(NAMES)
    uris = images.found()
    assert [fileio.get(uri) for uri in uris] == [
        packed.bytes_of(each) for each in NAMES
    ]
    assert all(uri.endswith(f'#{name}') for uri, name in zip(uris, NAMES, strict=True))
    assert fileio.get(uris[NAMES.index('n03/empty.jpg')]) == b''


@both_formats
def test_without_a_list_images_are_sorted(photographs: Photographs, form: str) -> None:
    images = pack_images(
        f'{photographs.folder("plain")}/', str(photographs.root / 'new/folder'), form
    )
    expected = sorted(set(NAMES))
    assert [fileio.get(uri) for uri in images.found()] == [
        photographs.bytes_of(name) for name in expected
    ]
    assert images.folder == str(photographs.root / 'new/folder')


@both_formats
def test_arrays_are_packed_by_their_suffix(tmp_path: Path, form: str) -> None:
    values = np.random.default_rng(0).integers(0, 4000, (6, 8, 5), np.uint16)
    (tmp_path / 'a').mkdir()
    np.save(tmp_path / 'a' / 'bands.npy', values)
    (tmp_path / 'a' / 'picture.png').write_bytes(b'another file')
    images = pack_images(
        str(tmp_path / 'a'), str(tmp_path / 'new'), form, suffixes=['.npy']
    )
    (uri,) = images.found()
    np.testing.assert_array_equal(load_channels(uri, 5, 'uint16'), values)


@both_formats
def test_names_that_are_not_utf_8(photographs: Photographs, form: str) -> None:
    """Linux allows any bytes in the name of a file."""
    folder = os.fsencode(photographs.root / 'bytes')
    os.mkdir(folder)
    with open(folder + b'/\xff\xe9.jpg', 'wb') as file:
        file.write(b'some bytes')
    images = pack_images(os.fsdecode(folder), str(photographs.root / 'new'), form)
    assert [fileio.get(uri) for uri in images.found()] == [b'some bytes']


@both_formats
def test_packing_is_reproducible(packed: Photographs, form: str) -> None:
    again = packed.root / 'again'
    pack_images(
        str(packed.folder('plain')), str(again), form, str(packed.ann_file), 10240
    )
    for path in packed.folder(form).iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


@both_formats
@pytest.mark.parametrize('error', [KeyboardInterrupt, OSError])
def test_packing_again_after_an_interrupt(
    photographs: Photographs, form: str, error: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, new = str(photographs.folder('plain')), str(photographs.root / 'new')
    read = packing._read

    def stop_at_the_sixth(path: str) -> bytes:
        assert Path(f'{new}.partial').is_dir()
        if path.endswith(sorted(set(NAMES))[5]):
            raise error
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(packing, '_read', stop_at_the_sixth)
        with pytest.raises(error):
            pack_images(plain, new, form)
    assert sorted(os.listdir(photographs.root)) == ['plain', 'train.txt']
    assert len(pack_images(plain, new, form)) == 9


@both_formats
def test_a_file_that_changes_meanwhile(
    photographs: Photographs, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = packing._read

    def read_and_change(path: str) -> bytes:
        data = read(path)
        Path(path).write_bytes(data + b'more')
        return data

    monkeypatch.setattr(packing, '_read', read_and_change)
    with pytest.raises(OSError, match='has changed'):
        pack_images(
            str(photographs.folder('plain')), str(photographs.root / 'new'), form
        )
    assert not (photographs.root / 'new').exists()


def assert_refused(words: list[str], photographs: Photographs, **arguments) -> None:
    """Check that the error is one sentence and that nothing is written."""
    before = sorted(photographs.root.rglob('*'))
    arguments = dict(
        folder=str(photographs.folder('plain')),
        packed=str(photographs.root / 'new'),
        format='tar',
    ) | {name: str(value) for name, value in arguments.items()}
    with pytest.raises((UserError, FileNotFoundError)) as caught:
        pack_images(**arguments)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert '\n' not in message
    assert sorted(photographs.root.rglob('*')) == before


def test_errors(photographs: Photographs, monkeypatch: pytest.MonkeyPatch) -> None:
    root = photographs.root
    assert_refused(['does not exist', 'gone'], photographs, folder=root / 'gone')
    (root / 'none').mkdir()
    assert_refused(['no image', 'none'], photographs, folder=root / 'none')
    assert_refused(['exists', 'remove'], photographs, packed=root / 'none')
    (root / 'new.partial').mkdir()
    assert_refused(['new.partial', 'killed'], photographs)
    (root / 'new.partial').rmdir()
    assert_refused(
        ['train.txt/new', 'File exists'], photographs, packed=root / 'train.txt/new'
    )
    for form in FORMATS:
        with monkeypatch.context() as patch:
            patch.setattr(shutil, 'disk_usage', lambda path: SimpleNamespace(free=9000))
            assert_refused(['0.0 GiB'], photographs, format=form)


def test_wrong_lists(photographs: Photographs) -> None:
    listed = photographs.ann_file

    def refuse(words: list[str], *lines: str) -> None:
        listed.write_text('\n'.join(lines))
        assert_refused(words, photographs, ann_file=listed)

    refuse(['2 of the 3 images', 'n9/'], 'n02/c.JPEG', 'n9/x.jpg', 'n8/y')
    refuse(['n01/../n02/c.JPEG'], 'n01/../n02/c.JPEG')
    refuse(['train.txt', 'line 1'], str(photographs.folder('plain') / 'n02/c.JPEG'))
    refuse(['train.txt', 'n9/x.jpg'], 'n9/x.jpg')


def test_names_that_are_too_long(photographs: Photographs) -> None:
    deep = '/'.join(['a' * 100] * 5 + ['b' * 10 + '.jpg'])
    path = photographs.folder('plain') / deep
    path.parent.mkdir(parents=True)
    path.write_bytes(b'deep')
    assert_refused(['511', 'bbb', 'tar'], photographs, format='lmdb')
    images = pack_images(
        str(photographs.folder('plain')), str(photographs.root / 'new'), 'tar'
    )
    assert fileio.get(images.found()[0]) == b'deep'


@both_formats
def test_bytes_needed_is_an_upper_bound(packed: Photographs, form: str) -> None:
    sizes = [len(packed.bytes_of(name)) for name in set(NAMES)]
    needed = FORMATS[form].bytes_needed(sizes)
    files = PackedImages(str(packed.folder(form))).manifest.files
    taken = sum(size for name, size in files.items() if name != 'images.tsv')
    assert taken <= needed + 10240 * len(files)  # a record at the end of each shard
