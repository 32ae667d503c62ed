"""Augmentations for copy detection: seeded, and what they do to an image."""

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.datasets import UnreadableImageError
from setsim_mm.datasets.transforms.copy_base import RandomSubset, ResizeWholeImage
from setsim_mm.host import TRANSFORMS
from setsim_mm.utils.random_state import seed_all

EDITS = (
    'CopyHeavyCrop',
    'CopyBorder',
    'CopyRotation',
    'CopyAspect',
    'CopyPixelation',
    'CopyJPEG',
    'CopyTextOverlay',
    'CopyShapeOverlay',
    'CopyImageOverlay',
    'CopyScreenshot',
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Other images for overlays: red and blue."""
    folder = tmp_path_factory.mktemp('others')
    for name, color in (('red', (255, 0, 0)), ('blue', (0, 0, 255))):
        Image.new('RGB', (70, 40), color).save(folder / f'{name}.png')
    return folder


def build(name, folder, **options):
    if name == 'CopyImageOverlay':
        options.setdefault('data_root', str(folder))
    return TRANSFORMS.build(dict(type=name, **options))


def photograph(height=60, width=80):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 3, y * 4, (x + y) % 256], axis=2).astype(np.uint8)


def edited(edit, image, seed):
    seed_all(seed)
    return edit(dict(img=image))['img']


@pytest.mark.parametrize('name', EDITS)
def test_seeded_and_well_formed(name, folder):
    edit, image = build(name, folder), photograph()
    before = image.copy()
    results = [edited(edit, image, seed) for seed in (1, 1, 2, 3)]
    assert np.array_equal(results[0], results[1])
    assert any(
        results[0].shape != other.shape or not np.array_equal(results[0], other)
        for other in results[2:]
    )
    for result in results:
        assert result.dtype == np.uint8 and result.ndim == 3 and result.shape[2] == 3
        assert min(result.shape) > 0 and result.flags['C_CONTIGUOUS']
    assert np.array_equal(image, before)


@pytest.mark.parametrize('name', EDITS)
@pytest.mark.parametrize('shape', [(1, 1), (2, 90), (33, 3)])
def test_small_images(name, folder, shape):
    for seed in range(5):
        result = edited(build(name, folder), photograph(*shape), seed)
        assert min(result.shape) > 0


@pytest.mark.parametrize('name', EDITS)
def test_never_with_a_probability_of_0(name, folder):
    image = photograph()
    assert edited(build(name, folder, prob=0.0), image, 0) is image


@pytest.mark.parametrize('name', EDITS)
def test_not_from_other_generators(name, folder):
    edit, image = build(name, folder), photograph()
    results = []
    for seed in (1, 2):
        np.random.seed(seed)
        torch.manual_seed(7)
        results.append(edit(dict(img=image))['img'])
    assert np.array_equal(*results)


def test_a_heavy_crop_is_a_part_of_the_image(folder):
    image = photograph()
    part = edited(build('CopyHeavyCrop', folder, share=(0.5, 0.5)), image, 0)
    assert part.shape == (30, 40, 3)
    left, top = part[0, 0, 0] // 3, part[0, 0, 1] // 4
    assert np.array_equal(part, image[top : top + 30, left : left + 40])


def test_borders_surround_the_image(folder):
    image = photograph()
    result = edited(build('CopyBorder', folder, share=(0.5, 0.5)), image, 0)
    assert result.shape == (120, 160, 3)
    assert np.array_equal(result[30:90, 40:120], image)
    assert (result[0] == result[0, 0]).all() and (result[:, -1] == result[0, 0]).all()


def test_a_quarter_turn_keeps_every_pixel(folder):
    image = photograph()
    result = edited(build('CopyRotation', folder, degrees=(90.0, 90.0)), image, 0)
    assert result.shape == (80, 60, 3)
    difference = np.abs(result[1:-1, 1:-1].astype(int) - np.rot90(image)[1:-1, 1:-1])
    assert difference.mean() < 3  # half a pixel of this image


def test_an_aspect_keeps_the_area(folder):
    result = edited(build('CopyAspect', folder, factor=(4.0, 4.0)), photograph(), 0)
    assert result.shape == (30, 160, 3)


def test_pixelation_has_few_colours(folder):
    edit = build('CopyPixelation', folder, share=(0.1, 0.1))
    result = edited(edit, photograph(), 0)
    assert result.shape == (60, 80, 3)
    assert len(np.unique(result.reshape(-1, 3), axis=0)) <= 6 * 8


def test_jpeg_keeps_the_colours(folder):
    image = np.full((32, 32, 3), (200, 30, 60), np.uint8)
    edit = build('CopyJPEG', folder, quality=(50, 50))
    assert np.abs(edited(edit, image, 0).astype(int) - image).max() < 12
    # Grey: JPEG halves the resolution of colours at every quality.
    noise = np.random.default_rng(0).integers(256, size=(32, 32, 1), dtype=np.uint8)
    noise = noise.repeat(3, axis=2)
    rough, fine = (
        np.abs(edited(build('CopyJPEG', folder, quality=q), noise, 0) - 1.0 * noise)
        for q in ((5, 5), (95, 95))
    )
    assert rough.mean() > 2 * fine.mean()


@pytest.mark.parametrize('below', [0.0, 1.0])
def test_images_over_each_other(folder, below):
    image = np.full((60, 80, 3), (0, 255, 0), np.uint8)
    edit = build(
        'CopyImageOverlay', folder, below=below, size=(0.5, 0.5), opacity=(1.0, 1.0)
    )
    result = edited(edit, image, 0)
    share_of_image = (result == (0, 255, 0)).all(axis=2).mean()
    assert share_of_image == (0.25 if below else 0.75)
    assert result.shape == ((40, 70, 3) if below else (60, 80, 3))


def test_unreadable_images_for_overlays(folder, tmp_path):
    (tmp_path / 'broken.png').write_bytes(b'no image')
    edit = build('CopyImageOverlay', tmp_path, data_root=str(tmp_path))
    with pytest.raises(UnreadableImageError, match='broken'):
        edited(edit, photograph(), 0)
    Image.new('RGB', (9, 9)).save(tmp_path / 'intact.png')
    edit = build('CopyImageOverlay', tmp_path, data_root=str(tmp_path))
    for seed in range(4):
        edited(edit, photograph(), seed)


def test_the_window_of_a_screenshot_shows_the_image(folder):
    image = photograph()
    result = edited(build('CopyScreenshot', folder, margin=(0.5, 0.5)), image, 0)
    assert result.shape == (120, 160, 3)
    assert np.array_equal(result[30:90, 40:120], image)


def test_overlays_leave_most_of_the_image(folder):
    image = photograph()
    for name in ('CopyTextOverlay', 'CopyShapeOverlay'):
        changed = (edited(build(name, folder), image, 4) != image).any(axis=2).mean()
        assert 0 < changed < 0.9, name


def test_a_subset_is_drawn_without_replacement():
    calls = []

    def step(number):
        def note(results):
            calls.append(number)
            return results

        return note

    subset = RandomSubset([step(n) for n in range(4)], number=(2, 3))
    seen = set()
    for seed in range(30):
        calls.clear()
        seed_all(seed)
        subset({})
        assert 2 <= len(calls) <= 3 and len(set(calls)) == len(calls)
        seen |= set(calls)
    assert seen == {0, 1, 2, 3}


def test_the_whole_image_is_resized():
    image = np.zeros((30, 60, 3), np.uint8)
    image[:, 30:] = 255
    results = ResizeWholeImage(10)(dict(img=image))
    assert results['img'].shape == (10, 10, 3)
    assert results['box'] == (0.0, 0.0, 1.0, 1.0)
    assert (results['img'][:, :4] == 0).all() and (results['img'][:, 6:] == 255).all()


@pytest.mark.parametrize(
    ('name', 'option'),
    [
        ('CopyHeavyCrop', dict(share=(0.0, 0.5))),
        ('CopyBorder', dict(share=(0.5, 0.1))),
        ('CopyJPEG', dict(quality=(0, 50))),
        ('CopyPixelation', dict(share=(0.1, 1.5))),
        ('CopyShapeOverlay', dict(opacity=(0.5, 2.0))),
        ('RandomSubset', dict(transforms=[], number=(1, 1))),
    ],
)
def test_options_out_of_range(folder, name, option):
    with pytest.raises(ValueError, match=list(option)[-1]):
        build(name, folder, **option)
