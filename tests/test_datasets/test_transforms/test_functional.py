"""The pixels equal torchvision's on PIL images within documented bounds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torchvision.transforms.functional as reference
from PIL import Image, ImageFilter
from torchvision.transforms import InterpolationMode

from setsim_mm.datasets.transforms import functional

from ..images import noise_image

NOISE = [noise_image(seed, size=(96, 64)) for seed in range(4)]


@pytest.fixture(scope='module')
def photographs(imagenet_sample: Path) -> list[Image.Image]:
    """Crops of twelve photographs, some of them grey."""
    paths = sorted(imagenet_sample.glob('train/*/*.JPEG'))[::20]
    whole = (Image.open(path).convert('RGB') for path in paths)
    return [reference.resized_crop(i, 20, 10, 150, 120, (224, 224)) for i in whole]


def differences(
    images: list[Image.Image],
    ours: Callable[[np.ndarray], np.ndarray],
    theirs: Callable[[Image.Image], Image.Image],
) -> np.ndarray:
    """Return the differences of all pixels, and check shape and type."""
    found = []
    for image in images:
        given = np.array(image)
        result, expected = ours(given), np.array(theirs(image))
        assert result.dtype == np.uint8 and result.shape == expected.shape
        assert result.flags.c_contiguous
        assert np.array_equal(given, np.array(image)), 'the image given was changed'
        assert not np.shares_memory(result, given)
        found.append((result.astype(float) - expected).ravel())
    return np.concatenate(found)


PARTS = [
    (0, 0, 64, 96),  # everything
    (10, 20, 48, 32),  # larger than the result in height alone
    (3, 5, 17, 13),
    (63, 95, 1, 1),
]


@pytest.mark.parametrize('part', PARTS)
@pytest.mark.parametrize('size', [(32, 32), (7, 50), (64, 96), (100, 224)])
@pytest.mark.parametrize('interpolation', ['bilinear', 'bicubic'])
def test_resized_crop(
    part: tuple[int, int, int, int], size: tuple[int, int], interpolation: str
) -> None:
    found = differences(
        NOISE,
        lambda image: functional.resized_crop(image, *part, size, interpolation),
        lambda image: reference.resized_crop(
            image, *part, size, InterpolationMode(interpolation)
        ),
    )
    assert np.abs(found).max() <= (1 if interpolation == 'bilinear' else 2)
    assert np.abs(found).mean() < 0.15


def test_hflip() -> None:
    assert not differences(NOISE, functional.hflip, reference.hflip).any()


@pytest.mark.parametrize('factor', [0.0, 0.6, 0.77, 1.0, 1.13, 1.4, 1.9])
@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation'])
def test_linear_adjustments(name: str, factor: float) -> None:
    ours, theirs = (
        getattr(module, f'adjust_{name}') for module in (functional, reference)
    )
    found = differences(
        [*NOISE, *(image.convert('L').convert('RGB') for image in NOISE)],
        lambda image: ours(image, factor),
        lambda image: theirs(image, factor),
    )
    assert np.abs(found).max() <= 1
    assert np.abs(found).mean() < 0.02


@pytest.mark.parametrize('factor', [-0.5, -0.1, -0.03, 0.0, 0.05, 0.1, 0.33, 0.5])
def test_hue(factor: float) -> None:
    """In these images, unlike in photographs, all colours are saturated."""
    found = differences(
        NOISE,
        lambda image: functional.adjust_hue(image, factor),
        lambda image: reference.adjust_hue(image, factor),
    )
    assert np.abs(found).mean() < 1.6
    assert np.abs(found).max() <= 20


def test_hue_of_primary_colours() -> None:
    """Thirds of the circle: red becomes green, green blue, blue red; grey stays."""
    pixels = np.array(
        [[[255, 0, 0], [0, 255, 0], [0, 0, 255], [99, 99, 99]]], dtype=np.uint8
    )
    turned = functional.adjust_hue(pixels, 1 / 3)[0].tolist()
    assert turned == [[0, 255, 0], [0, 0, 255], [255, 0, 0], [99, 99, 99]]
    assert np.array_equal(functional.adjust_hue(pixels, 0.0), pixels)


def test_grayscale() -> None:
    found = differences(
        NOISE,
        functional.rgb_to_grayscale,
        lambda image: reference.rgb_to_grayscale(image, 3),
    )
    assert np.abs(found).max() <= 1 and np.abs(found).mean() < 0.01


@pytest.mark.parametrize('sigma', [0.0, 0.1, 0.5, 1.0, 1.5, 2.0])
def test_blur(sigma: float) -> None:
    found = differences(
        NOISE,
        lambda image: functional.gaussian_blur(image, sigma),
        lambda image: image.filter(ImageFilter.GaussianBlur(sigma)),
    )
    assert np.abs(found).mean() < 0.6


def test_blur_is_gaussian() -> None:
    """The response to a line is the density of the normal distribution."""
    line = np.zeros((1, 101, 3), dtype=np.uint8)
    line[:, 50] = 255
    columns = np.arange(101) - 50
    density = 255 * np.exp(-(columns**2) / (2 * 1.5**2)) / np.sqrt(2 * np.pi * 1.5**2)
    blurred = functional.gaussian_blur(line, 1.5)
    # 1 for rounding, 0.3 for what lies beyond three standard deviations.
    assert np.abs(blurred[0] - density[:, None]).max() < 1.3


@pytest.mark.parametrize(
    ('name', 'parameters', 'bound'),
    [
        ('adjust_brightness', (0.6, 1.4), 0.02),
        ('adjust_contrast', (0.6, 1.4), 0.02),
        ('adjust_saturation', (0.6, 1.4), 0.02),
        ('adjust_hue', (-0.1, 0.04, 0.1), 0.7),
        ('gaussian_blur', (0.1, 0.5, 0.8, 1.3, 2.0), 0.55),
    ],
)
def test_photographs(
    name: str,
    parameters: tuple[float, ...],
    bound: float,
    photographs: list[Image.Image],
) -> None:
    """On photographs, in the range of MoCo-v2: what the docstrings say."""
    ours = getattr(functional, name)
    theirs = getattr(reference, name) if hasattr(reference, name) else None
    if name == 'gaussian_blur':  # torchvision has one of its own, MoCo takes PIL's

        def theirs(image: Image.Image, sigma: float) -> Image.Image:
            return image.filter(ImageFilter.GaussianBlur(sigma))

    for parameter in parameters:
        found = differences(
            photographs,
            lambda image, value=parameter: ours(image, value),
            lambda image, value=parameter: theirs(image, value),
        )
        assert np.abs(found).mean() < bound


def test_resized_photographs(photographs: list[Image.Image]) -> None:
    for part in [(0, 0, 224, 224), (11, 7, 190, 143)]:
        found = differences(
            photographs,
            lambda image, part=part: functional.resized_crop(image, *part, (96, 96)),
            lambda image, part=part: reference.resized_crop(image, *part, (96, 96)),
        )
        assert np.abs(found).max() <= 1 and np.abs(found).mean() < 0.1
