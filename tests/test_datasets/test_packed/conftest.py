"""A folder of unusual images, packed in both formats."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from setsim_mm.datasets.packed import FORMATS, pack_images

from ..images import truncate

# In an order that no sorting gives, one of them twice.
NAMES = [
    'n02/c.JPEG',
    'n01/b d.JPEG',
    'n02/100%25.jpg',
    'n01/Düne ﾃ.png',
    'n03/deep/er/e.f.jpg',
    'n02/c.JPEG',
    'n01/truncated.jpg',
    'n03/empty.jpg',
    'n03/#a?1+2#.jpg',
    'n01/a.JPEG',
]


def name_of(path: str) -> str:
    """Return the name in NAMES of a path or a URI."""
    (name,) = {each for each in NAMES if path.endswith((f'/{each}', f'#{each}'))}
    return name


@dataclass
class Photographs:
    """An image folder, the list of its images, and the folders that replace it."""

    root: Path

    def folder(self, form: str) -> Path:
        return self.root / form

    @property
    def ann_file(self) -> Path:
        return self.root / 'train.txt'

    def bytes_of(self, name: str) -> bytes:
        return (self.folder('plain') / name).read_bytes()


@pytest.fixture
def photographs(tmp_path: Path, write_images: Callable) -> Photographs:
    """Nine files, two of which are not images, with a list of ten."""
    photographs = Photographs(tmp_path)
    write_images(*(f'plain/{name}' for name in dict.fromkeys(NAMES)), size=(96, 72))
    truncate(tmp_path / 'plain/n01/truncated.jpg')
    (tmp_path / 'plain/n03/empty.jpg').write_bytes(b'')
    photographs.ann_file.write_text('\n'.join(NAMES), encoding='utf-8')
    return photographs


@pytest.fixture
def packed(photographs: Photographs) -> Photographs:
    """The same, packed into ``lmdb`` and ``tar`` beside ``plain``."""
    for form in FORMATS:
        pack_images(
            str(photographs.folder('plain')),
            str(photographs.folder(form)),
            form,
            str(photographs.ann_file),
            shard_size=10240,  # the smallest archive that tar knows
        )
    return photographs
