"""The manifest of a folder of packed images: what must be there for it to be whole."""

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
MAX_BYTES = 2**26  # of the manifest; one of 10,000 shards has 300 kB


@dataclass(frozen=True)
class Manifest:
    """Required content of a folder of packed images.

    Args:
        format: ``lmdb`` or ``tar``; also the prefix by which mmengine finds the
            backend that reads the images.
        num_images: Number of images listed. None while they are being packed.
        files: Size in bytes of each file. None while they are being packed.
        version: Of this layout.
    """

    format: str
    num_images: int | None = None
    files: dict[str, int] | None = None
    version: int = VERSION

    def save(self, folder: str) -> None:
        """Write it to a folder, and to the disk."""
        with open(os.path.join(folder, MANIFEST), 'w', encoding='utf-8') as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())


def read_manifest(folder: str) -> Manifest:
    """Read what a folder of packed images must hold.

    Raises:
        UserError: If it cannot be read, is not what :meth:`Manifest.save` writes, or
            packing has not come to its end.
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
    # RecursionError: of thousands of brackets within each other.
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f'{path!r} cannot be read ({type(error).__name__}: {error}): copy or pack '
            'the images anew.'
        ) from error
    if version != VERSION:
        raise UserError(
            f'the images in {folder!r} were packed by another version of setsim_mm '
            f'(layout {version}, here {VERSION}): pack them anew.'
        )
    if values['files'] is None:
        raise UserError(
            f'{folder!r} holds images that were not packed to the end: remove it and '
            'pack them again.'
        )
    return Manifest(**values)


def _version(values: Any) -> int:
    if not isinstance(values, dict) or not _is_count(values.get('version')):
        raise ValueError('it has no version')
    return values['version']


def _check(values: dict) -> None:
    """Check the types, numbers and names; a stranger may have written them.

    Raises:
        ValueError: If something is not as :meth:`Manifest.save` writes it.
    """
    known = set(Manifest.__dataclass_fields__)
    if set(values) != known:
        raise ValueError(f'its entries are not {", ".join(sorted(known))}')
    if values['format'] not in ('lmdb', 'tar'):
        raise ValueError(f'its format {values["format"]!r:.50} is neither lmdb nor tar')
    num_images, files = values['num_images'], values['files']
    if files is None:
        return  # while they are being packed
    if not _is_count(num_images):
        raise ValueError(f'num_images is no number of images but {num_images!r:.50}')
    if not isinstance(files, dict):
        raise ValueError(f'files is no table of sizes but {files!r:.50}')
    pattern = dict(lmdb=re.escape(FILE), tar=SHARD_NAME)[values['format']]
    for name, size in files.items():
        if name != LISTING and not re.fullmatch(pattern, name):
            raise ValueError(f'it names {name!r:.100}, which is no file of this format')
        if not _is_count(size):
            raise ValueError(f'{name} has no number of bytes but {size!r:.50}')
    for name in (LISTING, FILE) if values['format'] == 'lmdb' else (LISTING,):
        if name not in files:
            raise ValueError(f'it does not name {name}')


def _is_count(value: Any) -> bool:
    """Whether a value of a JSON file is a whole number of 63 bits, at least 0."""
    return type(value) is int and 0 <= value < 2**63
