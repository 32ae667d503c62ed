"""Photometric transforms: torchvision's and PIL's, with torch's random numbers."""

import numpy as np
import pytest
import torch
import torchvision.transforms as T
from mmselfsup.registry import TRANSFORMS
from PIL import Image, ImageFilter
from scipy import stats

from setsim_mm.datasets import (
    WHOLE_IMAGE,
    PILColorJitter,
    PILRandomGaussianBlur,
    PILRandomGrayscale,
    RandomHorizontalFlipWithBox,
    RandomResizedCropWithBox,
)

from ..images import noise_image


def same_pixels(transform, reference, seed: int) -> bool:
    """Apply both with the same seed and compare."""
    image = noise_image(seed)
    before = np.array(image)
    torch.manual_seed(seed)
    expected = np.array(reference(image))
    torch.manual_seed(seed)
    result = np.array(transform(dict(img=image, box=WHOLE_IMAGE))['img'])
    assert np.array_equal(np.array(image), before), 'the image given was changed'
    return np.array_equal(result, expected)


class ReferenceBlur:
    """The blur of moco/loader.py, with sigma from torch's generator."""

    def __call__(self, image: Image.Image) -> Image.Image:
        sigma = torch.empty(1).uniform_(0.1, 2.0).item()
        return image.filter(ImageFilter.GaussianBlur(radius=sigma))


def test_jitter_equals_torchvision() -> None:
    jitter = PILColorJitter(0.4, 0.4, 0.4, 0.1, prob=0.8)
    reference = T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8)
    assert all(same_pixels(jitter, reference, seed) for seed in range(40))


@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation', 'hue'])
def test_each_part_of_the_jitter_equals_torchvision(name: str) -> None:
    jitter = PILColorJitter(**{name: 0.3})
    reference = T.RandomApply([T.ColorJitter(**{name: 0.3})], p=1.0)
    assert all(same_pixels(jitter, reference, seed) for seed in range(10))


def test_hue_of_both_signs() -> None:
    for hue in (-0.3, 0.3):
        jitter = PILColorJitter(hue=(hue, hue))
        reference = T.RandomApply([T.ColorJitter(hue=(hue, hue))], p=1.0)
        assert same_pixels(jitter, reference, seed=0)


def test_grayscale_equals_torchvision() -> None:
    gray, reference = PILRandomGrayscale(0.2), T.RandomGrayscale(0.2)
    assert all(same_pixels(gray, reference, seed) for seed in range(40))
    image = np.array(PILRandomGrayscale(1.0)(dict(img=noise_image(0)))['img'])
    assert image.shape == (40, 60, 3)
    assert (image == image[..., :1]).all()


def test_blur_equals_moco() -> None:
    blur = PILRandomGaussianBlur(0.1, 2.0, prob=0.5)
    reference = T.RandomApply([ReferenceBlur()], p=0.5)
    assert all(same_pixels(blur, reference, seed) for seed in range(40))


def test_sigma_is_uniform(monkeypatch: pytest.MonkeyPatch) -> None:
    sigmas = []
    monkeypatch.setattr(
        ImageFilter, 'GaussianBlur', lambda radius: sigmas.append(radius) or _Nothing()
    )
    torch.manual_seed(0)
    blur = PILRandomGaussianBlur(0.1, 2.0, prob=0.5)
    for _ in range(2000):
        blur(dict(img=noise_image(0, size=(2, 2))))
    assert stats.binomtest(len(sigmas), 2000, 0.5).pvalue > 0.001
    assert stats.kstest(sigmas, stats.uniform(0.1, 1.9).cdf).pvalue > 0.001


class _Nothing(ImageFilter.Filter):
    def filter(self, image):
        return image


def test_mocov2_view_equals_torchvision() -> None:
    """The whole view, every random number included."""
    reference = T.Compose(
        [
            T.RandomResizedCrop(32, scale=(0.2, 1.0)),
            T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            T.RandomGrayscale(p=0.2),
            T.RandomApply([ReferenceBlur()], p=0.5),
            T.RandomHorizontalFlip(),
        ]
    )
    ours = [
        RandomResizedCropWithBox(32, scale=(0.2, 1.0)),
        PILColorJitter(0.4, 0.4, 0.4, 0.1, prob=0.8),
        PILRandomGrayscale(0.2),
        PILRandomGaussianBlur(0.1, 2.0, prob=0.5),
        RandomHorizontalFlipWithBox(0.5),
    ]

    def view(results: dict) -> dict:
        for transform in ours:
            results = transform(results)
        return results

    assert all(same_pixels(view, reference, seed) for seed in range(40))


@pytest.mark.parametrize(
    'cfg',
    [
        dict(type='PILColorJitter', brightness=-1),
        dict(type='PILColorJitter', hue=0.6),
        dict(type='PILColorJitter', prob=-0.1),
        dict(type='PILRandomGrayscale', prob=2),
        dict(type='PILRandomGaussianBlur', sigma_min=2.0, sigma_max=1.0),
        dict(type='PILRandomGaussianBlur', sigma_min=-1.0),
    ],
)
def test_wrong_arguments(cfg: dict) -> None:
    with pytest.raises(ValueError):
        TRANSFORMS.build(cfg)
