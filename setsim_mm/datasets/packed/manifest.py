"""The manifest of a folder of packed images: the files of a complete folder."""

import json
import os
import re
from dataclasses import asdict, dataclass
from typing import Any

from setsim_mm.utils.errors import UserError

from ..regular_files import regular_file
from .lmdb_file import FILE
from .tar_shards import SHARD_NAME

MANIFEST = 'packed_images.json'
LISTING = 'images.tsv'
VERSION = 1
MAX_BYTES = 2**26  # a manifest of 10,000 shards has 300 kB


@dataclass(frozen=True)
class Manifest:
    """Required content of a folder of packed images.

    Args:
        format: ``lmdb`` or ``tar``, also the prefix of mmengine's file backend.
        num_images: Number of images.
        files: Size in bytes of each file.
        version: Version of the folder's layout.
    """

    format: str
    num_images: int
    files: dict[str, int]
    version: int = VERSION

    def save(self, folder: str) -> None:
        """Write the manifest to a folder and flush it to the disk."""
        _write(folder, asdict(self))


def save_unfinished(folder: str, format: str) -> None:
    """Write the manifest of a folder whose images are still being packed."""
    _write(folder, dict(format=format, num_images=None, files=None, version=VERSION))


def _write(folder: str, values: dict) -> None:
    with open(os.path.join(folder, MANIFEST), 'w', encoding='utf-8') as file:
        json.dump(values, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: str) -> Manifest:
    """Read the manifest of a folder of packed images.

    Raises:
        UserError: If it cannot be read or is not valid, or if the folder is unfinished.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding='utf-8', opener=regular_file) as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise ValueError(f'it is larger than {MAX_BYTES // 2**20} MiB')
            values = json.load(file)
        version = _version(values)
        if version == VERSION:
            _check(values)
    # RecursionError: thousands of nested brackets.
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f'{path!r} cannot be read ({type(error).__name__}: {error}): copy or pack '
            'the images again.'
        ) from error
    if version != VERSION:
        raise UserError(
            f'the images in {folder!r} were packed by another version of setsim_mm '
            f'(layout {version}, here {VERSION}): pack them again.'
        )
    if values['files'] is None:
        raise UserError(
            f'packing the images in {folder!r} was not finished: remove the folder and '
            'pack them again.'
        )
    return Manifest(**values)


def _version(values: Any) -> int:
    if not isinstance(values, dict) or not _is_count(values.get('version')):
        raise ValueError('it has no version')
    return values['version']


def _check(values: dict) -> None:
    """Raise a ValueError if untrusted values are not a valid manifest."""
    known = set(Manifest.__dataclass_fields__)
    if set(values) != known:
        raise ValueError(f'its entries are not {", ".join(sorted(known))}')
    if values['format'] not in ('lmdb', 'tar'):
        raise ValueError(f'its format {values["format"]!r:.50} is neither lmdb nor tar')
    num_images, files = values['num_images'], values['files']
    if files is None:
        return  # unfinished
    if not _is_count(num_images):
        raise ValueError(f'num_images is not a count but {num_images!r:.50}')
    if not isinstance(files, dict):
        raise ValueError(f'files is not a table of sizes but {files!r:.50}')
    pattern = dict(lmdb=re.escape(FILE), tar=SHARD_NAME)[values['format']]
    for name, size in files.items():
        if name != LISTING and not re.fullmatch(pattern, name):
            raise ValueError(f'{name!r:.100} is not a file of this format')
        if not _is_count(size):
            raise ValueError(f'the size of {name} is not a count but {size!r:.50}')
    for name in (LISTING, FILE) if values['format'] == 'lmdb' else (LISTING,):
        if name not in files:
            raise ValueError(f'it does not list {name}')


def _is_count(value: Any) -> bool:
    """Return whether a JSON value is an integer of 63 bits, at least 0."""
    return type(value) is int and 0 <= value < 2**63
