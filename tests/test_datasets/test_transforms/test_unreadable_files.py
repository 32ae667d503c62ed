"""Damaged, malicious and too large files raise UnreadableImageError."""

import os
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image

from measurements.memory import added_peak_memory
from setsim_mm.datasets import (
    LoadRGBImage,
    UnreadableImageError,
    load_decoded,
    load_rgb,
)
from tests.fresh_process import in_fresh_process

from ..images import noise_image, truncate


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.gif', '.tif', '.webp', '.bmp'])
def test_truncated_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'image{suffix}'
    noise_image(0, size=(300, 200)).save(path)
    truncate(path)
    with pytest.raises(UnreadableImageError, match='image'):
        load_rgb(str(path))


@pytest.mark.parametrize('content', [b'', b'this is no image', b'\xff\xd8\xff\xe0'])
def test_file_that_is_not_an_image(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'image.jpg'
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r'image\.jpg is not an image'):
        load_rgb(str(path))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match='FileNotFoundError'):
        load_rgb(str(tmp_path / 'image.jpg'))


def test_floating_point_image(tmp_path: Path) -> None:
    Image.new('F', (8, 8)).save(tmp_path / 'image.tif')
    with pytest.raises(UnreadableImageError, match='save it as 8 bit'):
        load_rgb(str(tmp_path / 'image.tif'))


def test_decompression_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise_image(0).save(tmp_path / 'image.png')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 60 * 40 // 3)
    with pytest.raises(UnreadableImageError, match='DecompressionBombError'):
        load_rgb(str(tmp_path / 'image.png'))


@pytest.mark.parametrize('name', ['min_pixels', 'max_pixels'])
def test_no_image_has_less_than_one_pixel(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        LoadRGBImage(**{name: 0})


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.gif', '.tif', '.webp', '.bmp'])
def test_a_limit_of_pixels(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'image{suffix}'
    noise_image(0).save(path)
    results = dict(img_path=str(path))
    assert LoadRGBImage(max_pixels=2400)(dict(results))['img'].shape == (40, 60, 3)
    with pytest.raises(UnreadableImageError) as caught:
        LoadRGBImage(max_pixels=2399)(results)
    for word in (str(path), '60 x 40', 'max_pixels=2399'):
        assert word in str(caught.value)


def test_the_limit_is_one_of_the_file_and_not_of_its_reduction(tmp_path: Path) -> None:
    path = str(tmp_path / 'image.jpg')
    noise_image(0, (80, 80)).save(path)
    assert load_decoded(path, min_pixels=100, max_pixels=6400).reduction == 8
    with pytest.raises(UnreadableImageError, match='80 x 80'):
        load_decoded(path, min_pixels=100, max_pixels=6399)


def write_black_png(path: Path, side: int) -> None:
    """Write a square image of one bit a pixel, 20 kB for 13,000 x 13,000."""
    chunks = {
        b'IHDR': struct.pack('>IIBBBBB', side, side, 1, 0, 0, 0, 0),
        b'IDAT': zlib.compress(bytes(side * (1 + -(-side // 8)))),
        b'IEND': b'',
    }
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n')
        for kind, data in chunks.items():
            file.write(struct.pack('>I', len(data)) + kind + data)
            file.write(struct.pack('>I', zlib.crc32(kind + data)))


def test_a_small_file_of_many_pixels_needs_no_memory(tmp_path: Path) -> None:
    large, small = tmp_path / 'large.png', tmp_path / 'small.png'
    write_black_png(large, 13_000)
    write_black_png(small, 3_000)
    assert large.stat().st_size < 30_000
    refused, loaded = in_fresh_process(memory_of_files, large, small)
    assert refused < 4 * 2**20
    assert loaded > 3 * 3_000**2  # so it is measured


def memory_of_files(large: Path, small: Path) -> tuple[int, int]:
    def refuse() -> None:
        with pytest.raises(UnreadableImageError, match='13000 x 13000'):
            load_decoded(str(large))

    def load() -> None:
        assert not load_decoded(str(small)).pixels.any()

    return added_peak_memory(refuse), added_peak_memory(load)


def test_no_warning_within_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise_image(0).save(tmp_path / 'image.png')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 60 * 40 - 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        Image.open(tmp_path / 'image.png').close()
        assert len(caught) == 1  # as anybody else is warned
        assert load_rgb(str(tmp_path / 'image.png')).size == (60, 40)
        assert len(caught) == 1


@pytest.mark.parametrize('suffix', ['eps', 'ico', 'tga', 'pcx'])
def test_other_formats_are_not_opened(suffix: str, tmp_path: Path) -> None:
    """PIL starts Ghostscript for EPS; an icon may be larger than it says."""
    noise_image(0).save(tmp_path / f'image.{suffix}')
    path = (tmp_path / f'image.{suffix}').rename(tmp_path / 'image.jpg')
    with pytest.raises(UnreadableImageError, match=r'image\.jpg is not an image'):
        load_rgb(str(path))


def test_files_that_are_not_regular(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'image.jpg')
    for path in (tmp_path / 'image.jpg', tmp_path, '/dev/zero'):
        for backend_args in (None, dict(backend='local')):
            with pytest.raises(UnreadableImageError, match='not a regular file'):
                load_rgb(str(path), backend_args)


def test_a_sparse_file(tmp_path: Path) -> None:
    """A sparse file of any size takes no space on the disk."""
    (tmp_path / 'image.jpg').touch()
    os.truncate(tmp_path / 'image.jpg', 2**40)
    with pytest.raises(UnreadableImageError, match='larger than 1 GiB'):
        load_rgb(str(tmp_path / 'image.jpg'))


@pytest.mark.parametrize('content', [None, b'', b'\xff\xd8\xff\xe0'])
def test_messages_can_be_printed(content: bytes | None, tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b'/\xff\n\x1b[31m.jpg')
    if content is not None:
        Path(path).write_bytes(content)
    with pytest.raises(UnreadableImageError) as caught:
        load_rgb(path)
    message = str(caught.value)
    assert message.isprintable()
    assert r'\udcff\n\x1b[31m.jpg' in message
