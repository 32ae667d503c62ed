"""Which images there are, and what is refused."""

import json
import sys

import pytest
from mmengine.fileio import io

from setsim_mm.datasets.packed import FORMATS, PackedImages, is_packed
from setsim_mm.utils import UserError

from .conftest import NAMES, Photographs, name_of

both_formats = pytest.mark.parametrize('form', FORMATS)


@both_formats
def test_which_images(packed: Photographs, form: str) -> None:
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
    with pytest.raises(FileNotFoundError, match='lists no image'):
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
    refuse('images.tsv', 'does not list 10')
    listing.write_bytes(lines)

    manifest = folder / 'packed_images.json'
    values = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(values | dict(version=2)))
    refuse('another version', 'layout 2')
    manifest.write_text(json.dumps(values | dict(files=None)))
    refuse('not packed to the end')
    for wrong in ('{', '[]', '{}', json.dumps(values | dict(other=1))):
        manifest.write_text(wrong)
        refuse('cannot be read')


def test_without_the_package_lmdb(
    packed: Photographs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'lmdb', None)
    monkeypatch.setattr(io, 'backend_instances', {})
    with pytest.raises(UserError, match='pip install lmdb'):
        PackedImages(str(packed.folder('lmdb')))
    assert len(PackedImages(str(packed.folder('tar')))) == len(NAMES)
