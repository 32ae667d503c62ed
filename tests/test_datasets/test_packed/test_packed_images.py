"""The images of a packed folder, and errors for damaged folders."""

import json
import sys

import pytest
from mmengine.fileio import io

from setsim_mm.datasets.packed import FORMATS, PackedImages, is_packed
from setsim_mm.utils import UserError

from .conftest import NAMES, Photographs, name_of

both_formats = pytest.mark.parametrize('form', FORMATS)


@both_formats
def test_images_of_classes(packed: Photographs, form: str) -> None:
    assert is_packed(str(packed.folder(form)))
    assert not is_packed(str(packed.folder('plain')))
    assert not is_packed(str(packed.root / 'gone'))
    images = PackedImages(str(packed.folder(form)))
    assert images.found()[0].startswith(f'{form}://{packed.folder(form)}/')
    assert images.names() == list(map(name_of, images.found())) == NAMES
    assert list(map(name_of, images.found(['n03', 'n01']))) == [
        name for name in NAMES if name[:3] != 'n02'
    ]
    with pytest.raises(FileNotFoundError, match=r"1 of the 2 classes.*'n04'"):
        images.found(['n04', 'n01'])
    with pytest.raises(FileNotFoundError, match='no image'):
        images.found([])


@both_formats
def test_a_list_of_some_images(packed: Photographs, form: str) -> None:
    images = PackedImages(str(packed.folder(form)))
    some = packed.root / 'some.txt'
    some.write_text('n02/c.JPEG 1\nn01/a.JPEG 0\nn02/c.JPEG 1\n')
    uris = dict(zip(NAMES, images.found(), strict=True))
    c, a = uris['n02/c.JPEG'], uris['n01/a.JPEG']
    assert images.listed(str(some)) == [c, a, c]
    assert images.listed(str(some), ['n01']) == [a]
    some.write_text('n02/c.JPEG 1\nn02/x.JPEG 1\n')
    with pytest.raises(FileNotFoundError, match=r"1 of the 2 images .*'n02/x.JPEG'"):
        images.listed(str(some))


@both_formats
def test_damage(packed: Photographs, form: str) -> None:
    folder = packed.folder(form)

    def refuse(*words: str) -> None:
        with pytest.raises(UserError) as caught:
            PackedImages(str(folder)).found()
        message = str(caught.value)
        assert all(word in message for word in (*words, str(folder))), message
        assert '\n' not in message

    file = folder / dict(lmdb='images.lmdb', tar='000001.tar')[form]
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    refuse(file.name, str(len(content)), 'damaged')
    file.unlink()
    refuse(file.name, 'missing')
    file.write_bytes(content)
    assert len(PackedImages(str(folder)).found()) == len(NAMES)

    listing = folder / 'images.tsv'
    lines = listing.read_bytes()
    listing.write_bytes(lines.replace(b'\t', b'\n', 1))
    refuse('images.tsv', 'line 1', 'n02/c.JPEG')


@both_formats
def test_locations_outside_the_folder(packed: Photographs, form: str) -> None:
    """The list keeps the size in the manifest, with changed locations."""
    folder = packed.folder(form)
    listing = folder / 'images.tsv'
    lines = listing.read_bytes().splitlines(keepends=True)
    name, place = lines[2].split(b'\t')
    secret = packed.root / dict(lmdb='images.lmdb', tar='000000.tar')[form]
    secret.write_bytes(b'secret' * 1000)
    shard, _, end = place.partition(b'?')

    def refuse(line: bytes) -> None:
        changed = b''.join([*lines[:2], line, *lines[3:]])
        listing.write_bytes(changed)
        manifest = folder / 'packed_images.json'
        values = json.loads(manifest.read_text())
        values['files']['images.tsv'] = len(changed)
        manifest.write_text(json.dumps(values))
        with pytest.raises(UserError) as caught:
            PackedImages(str(folder)).found()
        assert 'images.tsv' in str(caught.value) and len(str(caught.value)) < 1000

    for other in (
        bytes(secret),
        b'../' + secret.name.encode(),
        b'./' + shard,
        b'images.tsv',
        b'packed_images.json',
        b'',
        b'a' * 10_000,
    ):
        refuse(b'\t'.join([name, place.replace(shard, other)]))
    refuse(name + b'\n')
    refuse(b'\t'.join([name, name, place]))
    if form == 'tar':
        offset, size = map(int, end.split(b'+'))
        left = (folder / shard.decode()).stat().st_size - offset
        refuse(b'%s\t%s?%d+%d\n' % (name, shard, offset, left + 1))
        refuse(b'%s\t%s?%d+%d\n' % (name, shard, offset, 10**18))
        refuse(b'%s\t%s?%d+%d\n' % (name, shard, 10**30, size))
        refuse(b'%s\t%s?%d+-1\n' % (name, shard, offset))
        refuse(b'%s\t%s?%d+1.0\n' % (name, shard, offset))
        refuse('a\t000000.tar?٣+٣\n'.encode())
        refuse(b'%s\t000099.tar?%s\n' % (name, end.strip()))


@both_formats
def test_a_list_that_ends_within_a_line(packed: Photographs, form: str) -> None:
    folder = packed.folder(form)
    listing = folder / 'images.tsv'
    listing.write_bytes(listing.read_bytes()[:-1])
    with pytest.raises(UserError, match=r'damaged.*images\.tsv'):
        PackedImages(str(folder))
    manifest = folder / 'packed_images.json'
    values = json.loads(manifest.read_text())
    values['files']['images.tsv'] -= 1
    manifest.write_text(json.dumps(values))
    with pytest.raises(UserError, match=r'line 10 of images\.tsv'):
        PackedImages(str(folder)).found()


def test_without_the_package_lmdb(
    packed: Photographs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'lmdb', None)
    monkeypatch.setattr(io, 'backend_instances', {})
    with pytest.raises(UserError, match='pip install lmdb'):
        PackedImages(str(packed.folder('lmdb')))
    assert len(PackedImages(str(packed.folder('tar')))) == len(NAMES)
