"""Photometric transforms: random numbers and probabilities."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision.transforms as T
from scipy import stats

from setsim_mm.datasets import (
    RGBColorJitter,
    RGBRandomGaussianBlur,
    RGBRandomGrayscale,
)
from setsim_mm.datasets.transforms import functional
from setsim_mm.registry import TRANSFORMS

from ..images import noise_image

ADJUSTMENTS = [
    'adjust_brightness',
    'adjust_contrast',
    'adjust_saturation',
    'adjust_hue',
]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Record torchvision's calls of its functions instead of calling them."""
    noted = []
    for name in ADJUSTMENTS:

        def note(image: object, factor: float, name: str = name) -> object:
            noted.append((name, factor))
            return image

        monkeypatch.setattr(T.functional, name, note)
    return noted


def change(transform: Callable[[dict], dict], image: np.ndarray) -> np.ndarray:
    """Apply a transform and check that its input does not change."""
    before = image.copy()
    result = transform(dict(img=image))['img']
    assert np.array_equal(image, before)
    return result


@pytest.mark.parametrize(
    'strengths',
    [
        (0.4, 0.4, 0.4, 0.1),
        (0.0, 0.3, 0.0, 0.2),
        ((0.5, 0.7), 0.0, (1.2, 1.3), (-0.5, 0.5)),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_jitter_takes_the_steps_of_torchvision(
    strengths: tuple, calls: list[tuple]
) -> None:
    """The same steps in the same order with the same factors, for the same seed."""
    jitter = RGBColorJitter(*strengths, prob=0.8)
    reference = T.RandomApply([T.ColorJitter(*strengths)], p=0.8)
    image, changed = np.array(noise_image(0)), 0
    for seed in range(40):
        torch.manual_seed(seed)
        calls.clear()
        reference(image)
        after = torch.get_rng_state()
        expected = image
        for name, factor in calls:
            expected = getattr(functional, name)(expected, factor)
        torch.manual_seed(seed)
        result = change(jitter, image)
        assert np.array_equal(result, expected)
        assert torch.equal(torch.get_rng_state(), after)
        changed += not np.array_equal(result, image)
    assert changed == 0 if not any(strengths) else 20 < changed < 40


def test_grayscale_is_drawn_as_in_torchvision() -> None:
    gray, reference = RGBRandomGrayscale(0.2), T.RandomGrayscale(0.2)
    image = noise_image(0)
    pixels, changed = np.array(image), 0
    for seed in range(100):
        torch.manual_seed(seed)
        is_gray = reference(image) is not image
        torch.manual_seed(seed)
        result = change(gray, pixels)
        assert (result == result[..., :1]).all() == is_gray
        assert np.array_equal(result, pixels) != is_gray
        changed += is_gray
    assert 10 < changed < 35


def test_blur_is_applied_to_half_of_the_images() -> None:
    blur = RGBRandomGaussianBlur(0.1, 2.0, prob=0.5)
    image = np.array(noise_image(0))
    for seed in range(40):
        torch.manual_seed(seed)
        expected = image
        if torch.rand(1) < 0.5:
            sigma = torch.empty(1).uniform_(0.1, 2.0).item()
            expected = functional.gaussian_blur(image, sigma)
        torch.manual_seed(seed)
        assert np.array_equal(change(blur, image), expected)


def test_sigma_is_uniform(monkeypatch: pytest.MonkeyPatch) -> None:
    sigmas = []
    monkeypatch.setattr(
        functional, 'gaussian_blur', lambda image, sigma: sigmas.append(sigma) or image
    )
    blur = RGBRandomGaussianBlur(0.1, 2.0, prob=0.5)
    image = np.array(noise_image(0))
    for _ in range(2000):
        blur(dict(img=image))
    assert stats.binomtest(len(sigmas), 2000, 0.5).pvalue > 0.001
    assert stats.kstest(sigmas, stats.uniform(0.1, 1.9).cdf).pvalue > 0.001


@pytest.mark.parametrize(
    'name', ['ColorJitter', 'RandomGrayscale', 'RandomGaussianBlur']
)
def test_former_names(name: str) -> None:
    """Configs of former versions still work."""
    assert TRANSFORMS.get(f'PIL{name}') is TRANSFORMS.get(f'RGB{name}')


@pytest.mark.parametrize(
    'cfg',
    [
        dict(type='RGBColorJitter', brightness=-1),
        dict(type='RGBColorJitter', hue=0.6),
        dict(type='RGBColorJitter', prob=-0.1),
        dict(type='RGBRandomGrayscale', prob=2),
        dict(type='RGBRandomGaussianBlur', sigma_min=2.0, sigma_max=1.0),
        dict(type='RGBRandomGaussianBlur', sigma_min=-1.0),
    ],
)
def test_wrong_arguments(cfg: dict) -> None:
    with pytest.raises(ValueError):
        TRANSFORMS.build(cfg)
