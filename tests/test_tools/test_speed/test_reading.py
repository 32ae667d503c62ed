"""The images that are read, and the rows of the table."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from measurements import reading
from setsim_mm.datasets.packed import pack_images
from setsim_mm.utils import UserError

from .arguments import arguments_of


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / 'train'
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (37, 24, 24, 3), dtype=np.uint8)
    for i, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f'{i:02}.png')
    return folder


def arguments(images: Path, *more: str) -> Namespace:
    return arguments_of(reading, '--images', images, '--repeats', 2, *more)


def test_a_row_for_each_work_and_format(images: Path) -> None:
    table = reading.measure(
        arguments(images, '--number', '35', '--workers', '0', '1', '--cold')
    )
    assert table[['work', 'workers', 'from']].to_numpy().tolist() == [
        [work, workers, form]
        for work, workers in [
            ('listing', 0),
            ('bytes', 0),
            ('bytes', 1),
            ('pixels', 0),
            ('pixels', 1),
            ('cold bytes', 0),
            ('cold bytes', 1),
        ]
        for form in ('files', 'lmdb', 'tar')
    ]
    number = np.where(table['work'] == 'listing', 37, 35)
    np.testing.assert_allclose(table['images/s'] * table['seconds'], number)
    files = table['seconds'].where(table['from'] == 'files').ffill()
    np.testing.assert_allclose(table['time'], table['seconds'] / files)
    assert (table['repeats'] == 2).all()


@pytest.fixture
def packed(images: Path, tmp_path: Path) -> list[str]:
    """Options with packed images."""
    options = []
    for form in ('lmdb', 'tar'):
        pack_images(str(images), str(tmp_path / form), form)
        options += [f'--{form}', str(tmp_path / form)]
    return options


def test_the_same_images_are_read_in_every_format(
    images: Path, packed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = dict(lmdb=[], tar=[])
    get = reading.fileio.get

    def remember(path: str) -> bytes:
        data = get(path)
        read.setdefault(path.partition('://')[0], []).append(data)
        return data

    monkeypatch.setattr(reading.fileio, 'get', remember)
    monkeypatch.setattr(reading, '_pixels', lambda path: None)
    reading.measure(arguments(images, *packed, '--number', '35', '--workers', '0'))
    lmdb, tar = read.pop('lmdb'), read.pop('tar')
    files = [data for of_path in read.values() for data in of_path]
    assert sorted(files) == sorted(lmdb) and lmdb == tar
    assert len(set(tar)) == 35
    assert tar == 3 * tar[:35]  # a warm-up and two repeats
    in_order = [path.read_bytes() for path in sorted(images.iterdir())]
    assert tar[:35] != [data for data in in_order if data in tar]


def test_other_or_incomplete_packed_images_are_errors(
    images: Path, packed: list[str]
) -> None:
    (images / '99.png').write_bytes(b'')
    with pytest.raises(UserError, match='--ann-file'):
        reading.measure(arguments(images, *packed))
    Path(packed[-1], '000000.tar').unlink()
    with pytest.raises(UserError, match=r'000000\.tar'):
        reading.measure(arguments(images, *packed))
