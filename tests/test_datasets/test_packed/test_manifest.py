"""The manifest: values of Manifest.save are valid, all others raise an error."""

import json
import os
from pathlib import Path

import pytest

from setsim_mm.datasets.packed.manifest import (
    MANIFEST,
    Manifest,
    read_manifest,
    save_unfinished,
)
from setsim_mm.utils import UserError

TAR = dict(
    format='tar',
    num_images=2,
    files={'000000.tar': 10240, '1234567.tar': 5, 'images.tsv': 30},
    version=1,
)
LMDB = TAR | dict(format='lmdb', files={'images.lmdb': 10240, 'images.tsv': 30})


def refused(folder: Path, content: str | bytes) -> str:
    """Return the error message for a manifest."""
    content = content.encode() if isinstance(content, str) else content
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_manifest(str(folder))
    message = str(caught.value)
    assert str(folder) in message
    assert '\n' not in message and len(message) < 1000
    return message


@pytest.mark.parametrize('values', [TAR, LMDB], ids=['tar', 'lmdb'])
def test_what_was_saved_is_read(values: dict, tmp_path: Path) -> None:
    Manifest(**values).save(str(tmp_path))
    assert read_manifest(str(tmp_path)) == Manifest(**values)


def test_unfinished_packing(tmp_path: Path) -> None:
    save_unfinished(str(tmp_path), 'tar')
    with pytest.raises(UserError, match='not finished'):
        read_manifest(str(tmp_path))
    assert 'not finished' in refused(tmp_path, json.dumps(TAR | dict(files=None)))


def test_another_version(tmp_path: Path) -> None:
    message = refused(tmp_path, json.dumps(dict(version=2, new_entry=1)))
    assert 'another version' in message and 'layout 2' in message


@pytest.mark.parametrize(
    ('changed', 'named'),
    [
        (dict(format='http'), 'http'),
        (dict(format=['tar']), 'tar'),
        (dict(format='../tar'), '../tar'),
        (dict(num_images=-1), '-1'),
        (dict(num_images=True), 'True'),
        (dict(num_images=10**30), '1000000'),
        (dict(num_images='2'), "'2'"),
        (dict(num_images=2.0), '2.0'),
        (dict(num_images=float('nan')), 'nan'),
        (dict(num_images=None), 'None'),
        (dict(files=[]), 'files'),
        (dict(files={}), 'images.tsv'),
        (dict(files='x' * 100_000), 'files'),
        (dict(version=True), 'version'),
        (dict(version=1.0), 'version'),
        (dict(version='1'), 'version'),
        (dict(version=[]), 'version'),
        (dict(other=1), 'num_images'),
    ],
)
def test_wrong_values(changed: dict, named: str, tmp_path: Path) -> None:
    assert named in refused(tmp_path, json.dumps(TAR | changed))


@pytest.mark.parametrize('size', [-1, True, False, '30', 30.0, None, [], {}, 1e300])
@pytest.mark.parametrize('name', ['images.tsv', '000000.tar'])
def test_wrong_sizes(name: str, size: object, tmp_path: Path) -> None:
    files = TAR['files'] | {name: size}
    assert name in refused(tmp_path, json.dumps(TAR | dict(files=files)))


@pytest.mark.parametrize(
    'name',
    [
        '/etc/passwd',
        '../000000.tar',
        'folder/000000.tar',
        './000000.tar',
        'packed_images.json',
        '000000.tar\n',
        '000000.tar\0',
        '٣٣٣٣٣٣.tar',
        '..',
        '',
        'images.lmdb',
        'x' * 100_000,
    ],
)
def test_names_of_other_formats(name: str, tmp_path: Path) -> None:
    files = TAR['files'] | {name: 1}
    refused(tmp_path, json.dumps(TAR | dict(files=files)))
    if name != 'images.lmdb':
        refused(tmp_path, json.dumps(LMDB | dict(files=LMDB['files'] | {name: 1})))


def test_required_files(tmp_path: Path) -> None:
    for values in (TAR, LMDB):
        files = {k: v for k, v in values['files'].items() if k != 'images.tsv'}
        assert 'images.tsv' in refused(tmp_path, json.dumps(values | dict(files=files)))
    files = {'images.tsv': 30}
    assert 'images.lmdb' in refused(tmp_path, json.dumps(LMDB | dict(files=files)))


@pytest.mark.parametrize(
    'content',
    [
        '',
        '{',
        '[]',
        'null',
        '"tar"',
        '1',
        '{}',
        '[' * 200_000,
        '{"version": ' + '9' * 5000 + '}',
        b'\xff\xfe{\0}\0',
        b'\0' * 1000,
    ],
    ids=range(11),
)
def test_other_content(content: str | bytes, tmp_path: Path) -> None:
    assert 'cannot be read' in refused(tmp_path, content)


def test_a_file_of_any_size_is_not_read(tmp_path: Path) -> None:
    """A sparse file that would take 2 GiB of memory."""
    (tmp_path / MANIFEST).touch()
    os.truncate(tmp_path / MANIFEST, 2**31)
    with pytest.raises(UserError, match='larger than 64 MiB'):
        read_manifest(str(tmp_path))
