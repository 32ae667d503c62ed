"""Every kind of image file becomes RGB, or says why not."""

import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets.folder import pil_loader

from measurements.memory import added_peak_memory
from setsim_mm.datasets import (
    WHOLE_IMAGE,
    LoadRGBImage,
    RandomResizedCropWithBox,
    UnreadableImageError,
    load_decoded,
    load_rgb,
)
from tests.fresh_process import in_fresh_process

from ..images import noise_image, truncate


def palette_with_transparency() -> Image.Image:
    image = noise_image(0).convert('P', palette=Image.Palette.ADAPTIVE)
    image.info['transparency'] = bytes(range(256))
    return image


def with_alpha(mode: str) -> Image.Image:
    image = noise_image(0).convert(mode)
    image.putalpha(Image.linear_gradient('L').resize(image.size))
    return image


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize(
    ('image', 'suffix'),
    [
        pytest.param(noise_image(0), '.jpg', id='RGB'),
        pytest.param(noise_image(0), '.JPEG', id='upper-case'),
        pytest.param(noise_image(0), '.webp', id='webp'),
        pytest.param(noise_image(0), '.bmp', id='bmp'),
        pytest.param(noise_image(0), '.ppm', id='ppm'),
        pytest.param(noise_image(0), '.tif', id='tiff'),
        pytest.param(noise_image(0), '.gif', id='gif'),
        pytest.param(noise_image(0).convert('L'), '.jpg', id='grey'),
        pytest.param(noise_image(0).convert('1'), '.png', id='black-and-white'),
        pytest.param(noise_image(0).convert('CMYK'), '.jpg', id='CMYK'),
        pytest.param(noise_image(0).convert('P'), '.png', id='palette'),
        pytest.param(noise_image(0).convert('LAB'), '.tif', id='LAB'),
        pytest.param(noise_image(0).convert('YCbCr'), '.tif', id='YCbCr'),
        pytest.param(with_alpha('RGB'), '.png', id='RGBA'),
        pytest.param(with_alpha('L'), '.png', id='LA'),
    ],
)
def test_same_pixels_as_image_folder(
    image: Image.Image, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f'image{suffix}'
    image.save(path)
    loaded = load_rgb(str(path))
    assert loaded.mode == 'RGB' and loaded.size == (60, 40)
    assert np.array_equal(np.array(loaded), np.array(pil_loader(str(path))))


@pytest.mark.filterwarnings('error')
def test_palette_with_transparency(tmp_path: Path) -> None:
    """The colours as without transparency, and PIL's warning does not come."""
    image = palette_with_transparency()
    image.save(tmp_path / 'image.png')
    loaded = load_rgb(str(tmp_path / 'image.png'))
    del image.info['transparency']
    assert np.array_equal(np.array(loaded), np.array(image.convert('RGB')))


@pytest.mark.parametrize('suffix', ['.png', '.tif', '.pgm'])
def test_16_bit_grey_is_scaled(suffix: str, tmp_path: Path) -> None:
    pixels = np.linspace(0, 65535, 60 * 40).astype(np.uint16).reshape(40, 60)
    Image.fromarray(pixels).save(tmp_path / f'image{suffix}')
    loaded = np.array(load_rgb(str(tmp_path / f'image{suffix}')))
    assert np.array_equal(loaded, np.repeat((pixels >> 8)[..., None], 3, axis=-1))


def test_big_endian_16_bit_grey(tmp_path: Path) -> None:
    pixels = np.linspace(0, 65535, 60 * 40).astype('>u2').reshape(40, 60)
    image = Image.frombytes('I;16B', (60, 40), pixels.tobytes())
    image.save(tmp_path / 'image.tif')
    loaded = np.array(load_rgb(str(tmp_path / 'image.tif')))
    assert np.array_equal(loaded[..., 0], pixels >> 8)


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new('RGB', (8, 8), colour) for colour in ('red', 'blue')]
    path = tmp_path / 'image.gif'
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert load_rgb(str(path)).getpixel((4, 4)) == (255, 0, 0)


def test_exif_orientation_is_ignored(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to show
    noise_image(0).save(tmp_path / 'image.jpg', exif=exif)
    assert load_rgb(str(tmp_path / 'image.jpg')).size == (60, 40)


def test_transform(tmp_path: Path) -> None:
    noise_image(0).save(tmp_path / 'image.png')
    results = LoadRGBImage()(dict(img_path=str(tmp_path / 'image.png')))
    assert results['img'].dtype == np.uint8 and results['img'].flags.writeable
    assert np.array_equal(results['img'], np.array(noise_image(0)))
    assert results['ori_shape'] == (40, 60)
    assert results['box'] == WHOLE_IMAGE
    # The file is closed by now; the pixels are there all the same.
    (tmp_path / 'image.png').unlink()
    assert RandomResizedCropWithBox(8)(results)['img'].shape == (8, 8, 3)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.gif', '.tif', '.webp', '.bmp'])
def test_truncated_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'image{suffix}'
    noise_image(0, size=(300, 200)).save(path)
    truncate(path)
    with pytest.raises(UnreadableImageError, match='image'):
        load_rgb(str(path))


@pytest.mark.parametrize('content', [b'', b'this is no image', b'\xff\xd8\xff\xe0'])
def test_file_that_is_no_image(content: bytes, tmp_path: Path) -> None:
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


def test_real_photographs_equal_image_folder(imagenet_sample: Path) -> None:
    paths = sorted(imagenet_sample.glob('train/*/*.JPEG'))[::5]
    assert len(paths) == 50
    for path in paths:
        loaded = load_decoded(str(path)).pixels
        assert np.array_equal(loaded, np.array(pil_loader(str(path))))


def test_bytes_come_from_where_backend_args_say(tmp_path: Path) -> None:
    noise_image(0).save(tmp_path / 'image.png')
    load = LoadRGBImage(backend_args=dict(backend='local'))
    results = load(dict(img_path=str(tmp_path / 'image.png')))
    assert np.array_equal(results['img'], np.array(noise_image(0)))
    with pytest.raises(UnreadableImageError, match='nowhere'):
        LoadRGBImage(backend_args=dict(backend='nowhere'))(results)


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


def test_a_small_file_of_many_pixels_costs_no_memory(tmp_path: Path) -> None:
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


def test_a_file_of_nothing(tmp_path: Path) -> None:
    """A file may be of any size without taking room on the disk."""
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
