"""The JPEG decoder returns the pixels of PIL."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets.folder import pil_loader

from setsim_mm.datasets import LoadRGBImage, UnreadableImageError, load_decoded
from setsim_mm.datasets.transforms.functional import resized_crop

from ..images import noise_image, truncate


@pytest.mark.parametrize('size', [(60, 40), (61, 43), (1, 1), (7, 300)])
@pytest.mark.parametrize(
    'options',
    [
        dict(subsampling='4:4:4', quality=95),
        dict(subsampling='4:2:2'),
        dict(subsampling='4:2:0'),
        dict(subsampling='4:1:1'),
        dict(progressive=True),
        dict(keep_rgb=True),
        dict(restart_marker_rows=1),
    ],
    ids=lambda options: next(iter(options.items())),
)
def test_same_pixels_of_any_jpeg(
    options: dict, size: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / 'image.jpg'
    noise_image(0, size).save(path, **options)
    assert np.array_equal(
        load_decoded(str(path)).pixels, np.array(pil_loader(str(path)))
    )


@pytest.mark.parametrize('mode', ['RGB', 'L', 'CMYK'])
@pytest.mark.parametrize('progressive', [False, True])
def test_damaged_files_are_read_as_by_pil(
    mode: str, progressive: bool, tmp_path: Path
) -> None:
    """Truncated or with changed bytes: the same pixels or errors as PIL."""
    path = tmp_path / 'image.jpg'
    noise_image(0, size=(120, 80)).convert(mode).save(path, progressive=progressive)
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    lengths = [*generator.integers(len(content), size=20), len(content) - 1]
    damaged = [content[:length] for length in (*lengths, len(content) - 2)]
    for _ in range(60):
        changed = bytearray(content)
        changed[generator.integers(len(content))] = generator.integers(256)
        damaged.append(bytes(changed))
    outcomes = []
    for content in damaged:
        path.write_bytes(content)
        try:
            expected = np.array(pil_loader(str(path)))
        except Exception:
            with pytest.raises(UnreadableImageError):
                load_decoded(str(path))
            outcomes.append('refused')
        else:
            assert np.array_equal(load_decoded(str(path)).pixels, expected)
            outcomes.append('read')
    assert outcomes.count('refused') > 20 and outcomes.count('read') > 20


def write_ramps(path: Path, size: tuple[int, int]) -> None:
    """Write an image whose red and green are the column and the row, a quarter each."""
    width, height = size
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = np.arange(width) / 4
    pixels[..., 1] = np.arange(height)[:, None] / 4
    Image.fromarray(pixels).save(path, quality=100, subsampling='4:4:4')


@pytest.mark.parametrize('size', [(1000, 800), (1001, 807), (807, 999)])
@pytest.mark.parametrize(
    ('min_pixels', 'reduction'),
    [(None, 1), (500_000, 1), (200_000, 2), (180_000, 2), (40_000, 4), (1, 8)],
)
def test_boxes_of_reduced_images(
    size: tuple[int, int], min_pixels: int | None, reduction: int, tmp_path: Path
) -> None:
    path = tmp_path / 'image.jpg'
    write_ramps(path, size)
    results = LoadRGBImage(min_pixels=min_pixels)(dict(img_path=str(path)))
    pixels, (x1, y1, x2, y2) = results['img'].astype(float), results['box']
    width, height = size
    assert results['ori_shape'] == (height, width)
    assert pixels.shape == (height // reduction, width // reduction, 3)
    assert (x1, y1) == (0, 0) and x2 <= 1 and y2 <= 1
    # The centres of the columns and rows, in pixels of the file.
    columns = x2 * width * (np.arange(pixels.shape[1]) + 0.5) / pixels.shape[1]
    rows = y2 * height * (np.arange(pixels.shape[0]) + 0.5) / pixels.shape[0]
    # The ramps rise by one level in four pixels, whose centre is at 2.
    shown_columns = 4 * pixels[..., 0].mean(axis=0) + 2
    shown_rows = 4 * pixels[..., 1].mean(axis=1) + 2
    assert np.abs(shown_columns - columns).max() < 3
    assert np.abs(shown_rows - rows).max() < 3
    # Over all of them the rounding nearly cancels out. A shift by half a pixel would
    # not: it is 0.5 for each time of reduction.
    bound = 0.3 + 0.1 * reduction
    assert abs(np.mean(shown_columns - columns)) < bound
    assert abs(np.mean(shown_rows - rows)) < bound


@pytest.mark.parametrize('reduction', [2, 4])
def test_views_of_reduced_images_are_nearly_the_same(
    reduction: int, imagenet_sample: Path
) -> None:
    """A view of two thirds of the size: 1.2 levels apart, and as sharp."""
    found = []
    for path in sorted(imagenet_sample.glob('train/*/*.JPEG'))[::10]:
        whole = load_decoded(str(path))
        width, height = (side // reduction for side in whole.file_size)
        reduced = load_decoded(str(path), min_pixels=width * height)
        assert reduced.reduction == reduction
        size = (2 * height // 3, 2 * width // 3)
        view, expected = (
            resized_crop(
                image.pixels,
                *(0, 0, height * reduction // image.reduction),
                width * reduction // image.reduction,
                size,
            ).astype(float)
            for image in (reduced, whole)
        )
        sharpness = [np.abs(np.diff(v, axis=1)).mean() for v in (view, expected)]
        found.append([np.abs(view - expected).mean(), sharpness[0] / sharpness[1]])
    difference, sharpness = np.mean(found, axis=0)
    assert difference < 1.2
    assert sharpness == pytest.approx(1, abs=0.05)


def test_damaged_files_are_not_reduced_into_images(tmp_path: Path) -> None:
    path = tmp_path / 'image.jpg'
    write_ramps(path, (1000, 800))
    truncate(path)
    with pytest.raises(UnreadableImageError, match='truncated'):
        load_decoded(str(path), min_pixels=1000)
