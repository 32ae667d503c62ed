"""Labelled data sets that even a random backbone can tell apart."""

from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from setsim_mm.evaluation.label_images import LabelImages, find_label_images

COLOURS = dict(blue=(20, 30, 220), green=(30, 200, 40), red=(220, 30, 20))


def noisy(
    colour: tuple[int, int, int], seed: int, height: int, width: int
) -> np.ndarray:
    """An image of about one colour, uint8 (height, width, 3)."""
    noise = np.random.default_rng(seed).normal(0, 12, size=(height, width, 3))
    return (np.array(colour) + noise).clip(0, 255).astype(np.uint8)


def write_class_folders(root: Path, part: str = 'train', number: int = 5) -> Path:
    """Write ``part/<class>/<n>.JPEG``, one colour a class, and give the root."""
    for label, (name, colour) in enumerate(COLOURS.items()):
        folder = root / part / name
        folder.mkdir(parents=True)
        for n in range(number):
            image = Image.fromarray(noisy(colour, 10 * label + n, 40, 60))
            image.save(folder / f'{n}.JPEG')
    return root


def write_camvid(root: Path, number: int = 4) -> Path:
    """Write street scenes in CamVid's layout: sky above road, and unlabelled edges.

    The sky is blue and class 0, the road grey and class 3; the outermost columns are
    red and unlabelled, 11.
    """
    for part in ('train', 'val'):
        for kind in ('images', 'labels'):
            (root / kind / part).mkdir(parents=True)
        for n in range(number):
            image = noisy((90, 90, 90), n, 96, 128)
            labels = np.full((96, 128), 3, dtype=np.uint8)
            image[:48], labels[:48] = noisy((60, 120, 250), n, 48, 128), 0
            image[:, -16:], labels[:, -16:] = noisy((220, 30, 20), n, 96, 16), 11
            Image.fromarray(image).save(root / 'images' / part / f'{n}.jpg')
            Image.fromarray(labels).save(root / 'labels' / part / f'{n}.png')
    return root


def camvid_images(root: Path, part: str) -> LabelImages:
    """Return a part of what :func:`write_camvid` has written, in its own size."""
    pairs = find_label_images(root / 'images' / part, root / 'labels' / part)
    return LabelImages(pairs, (96, 128), num_classes=11, ignored=11)


def colours(images: Tensor) -> Tensor:
    """Preprocess images so that their features are their colours."""
    return images.float() - 128
