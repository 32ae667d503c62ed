"""Every kind of image file is loaded as RGB."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets.folder import pil_loader

from setsim_mm.datasets import (
    WHOLE_IMAGE,
    LoadRGBImage,
    RandomResizedCropWithBox,
    UnreadableImageError,
    load_decoded,
    load_rgb,
)

from ..images import noise_image


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
    """Same colours as without transparency, and no warning from PIL."""
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


def test_real_photographs_equal_image_folder(imagenet_sample: Path) -> None:
    paths = sorted(imagenet_sample.glob('train/*/*.JPEG'))[::5]
    assert len(paths) == 50
    for path in paths:
        loaded = load_decoded(str(path)).pixels
        assert np.array_equal(loaded, np.array(pil_loader(str(path))))


def test_backend_args(tmp_path: Path) -> None:
    noise_image(0).save(tmp_path / 'image.png')
    load = LoadRGBImage(backend_args=dict(backend='local'))
    results = load(dict(img_path=str(tmp_path / 'image.png')))
    assert np.array_equal(results['img'], np.array(noise_image(0)))
    with pytest.raises(UnreadableImageError, match='nowhere'):
        LoadRGBImage(backend_args=dict(backend='nowhere'))(results)
