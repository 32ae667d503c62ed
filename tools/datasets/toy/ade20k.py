"""Toy scenes in the format of ADE20K's scene parsing challenge of 2016."""

from pathlib import Path

import numpy as np

from .files import save_jpeg, save_png
from .scene import Scene, draw_scenes

SIZE = (160, 120)
# Labels of objectInfo150.txt. ADE20K has no class for trains; they get the van's.
KIND_LABELS = {
    'person': 13,
    'car': 21,
    'bus': 81,
    'train': 103,  # van
    'motorcycle': 117,  # minibike
    'bicycle': 128,
}
SURFACE_LABELS = {'building': 2, 'sky': 3, 'road': 7}
PARTS = {'training': 'train', 'validation': 'val'}


def ade20k_scenes(part: str, number: int, seed: int) -> list[Scene]:
    """Draw the scenes of ``'training'`` or ``'validation'``."""
    return list(draw_scenes(number, SIZE, seed, f'ade20k {part}'))


def ade20k_labels(scene: Scene) -> np.ndarray:
    """Return the label image, (H, W): classes from 1, and 0 for none of them."""
    return scene.label_map(KIND_LABELS, SURFACE_LABELS)


def write_ade20k(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write ADEChallengeData2016: images and annotations."""
    folder = folder / 'ADEChallengeData2016'
    for part, number in (('training', num_train), ('validation', num_val)):
        for i, scene in enumerate(ade20k_scenes(part, number, seed), start=1):
            name = f'ADE_{PARTS[part]}_{i:08}'
            save_jpeg(scene.image, folder / 'images' / part / f'{name}.jpg')
            labels = folder / 'annotations' / part / f'{name}.png'
            save_png(ade20k_labels(scene), labels)
