"""Toy scenes in the format of ImageNet: one object in each, a folder per class."""

from pathlib import Path

from .files import save_jpeg, write_list
from .kinds import KINDS
from .scene import Scene, draw_scenes

SIZE = (96, 96)
# ImageNet's folder and label of each class.
CLASS_OF_KIND = {
    'person': ('n10148035', 982),  # groom
    'car': ('n04285008', 817),  # sports car
    'bus': ('n03769881', 654),  # minibus
    'train': ('n02917067', 466),  # bullet train
    'motorcycle': ('n03785016', 665),  # moped
    'bicycle': ('n03792782', 671),  # mountain bike
}


def imagenet_scenes(part: str, number: int, seed: int) -> dict[str, Scene]:
    """Draw the scenes of ``'train'`` or ``'val'`` with the kinds in turn, by file."""
    scenes = draw_scenes(number, SIZE, seed, f'imagenet {part}', 1, crowds=False)
    named = {}
    for i, scene in enumerate(scenes):
        folder, _ = CLASS_OF_KIND[scene.objects[0].kind]
        name = f'{folder}_{i}' if part == 'train' else f'ILSVRC2012_val_{i + 1:08}'
        named[f'{folder}/{name}.JPEG'] = scene
    return dict(sorted(named.items()))


def write_imagenet(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write train and val, with that many images per class, and their lists in meta."""
    for part, number in (('train', num_train), ('val', num_val)):
        lines = []
        for name, scene in imagenet_scenes(part, number * len(KINDS), seed).items():
            save_jpeg(scene.image, folder / part / name)
            _, label = CLASS_OF_KIND[scene.objects[0].kind]
            lines.append(f'{name} {label}')
        write_list(folder / 'meta' / f'{part}.txt', lines)
