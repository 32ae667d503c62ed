"""Toy scenes in the format of Pascal VOC 2007 and 2012, with SBD's masks for 2012."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.segmentation import find_boundaries

from setsim_mm.transfer.layouts.class_names import IGNORED, VOC_CLASSES

from .files import save_jpeg, save_png, voc_palette, write_list
from .scene import Scene, draw_scenes

SIZE = (160, 120)
CLASS_OF_KIND = {
    'person': 'person',
    'car': 'car',
    'bus': 'bus',
    'train': 'train',
    'motorcycle': 'motorbike',
    'bicycle': 'bicycle',
}
LABELS = {kind: VOC_CLASSES.index(name) + 1 for kind, name in CLASS_OF_KIND.items()}


def voc_scenes(year: int, part: str, number: int, seed: int) -> list[Scene]:
    """Draw the scenes of ``'trainval'``, ``'test'`` or ``'val'`` of a year."""
    return list(draw_scenes(number, SIZE, seed, f'VOC{year} {part}'))


def write_voc(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write VOCdevkit: VOC2007 (trainval, test), VOC2012 (train, aug, val).

    Half of the 2012 training images have segmentations of the original data set
    (``train.txt``), the other half only additional segmentations (``aug.txt``).
    """
    _write_2007(folder / 'VOC2007', num_train, num_val, seed)
    _write_2012(folder / 'VOC2012', num_train, num_val, seed)


def _write_2007(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    names = [f'{i:06}' for i in range(1, num_train + num_val + 1)]
    trainval, test = names[:num_train], names[num_train:]
    half = len(trainval) // 2
    lists = dict(
        train=trainval[:half], val=trainval[half:], trainval=trainval, test=test
    )
    for task in ('Main', 'Segmentation'):
        for part, listed in lists.items():
            write_list(folder / 'ImageSets' / task / f'{part}.txt', listed)
    scenes = voc_scenes(2007, 'trainval', num_train, seed)
    scenes += voc_scenes(2007, 'test', num_val, seed)
    for name, scene in zip(names, scenes, strict=True):
        _write_image(folder, name, scene)
        _write_segmentation(folder, name, scene)


def _write_2012(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    names = [f'2008_{i:06}' for i in range(1, num_train + num_val + 1)]
    training, val = names[:num_train], names[num_train:]
    half = len(training) // 2
    train, aug = training[:half], training[half:]
    boxes = dict(train=training, val=val, trainval=training + val)
    masks = dict(train=train, val=val, trainval=train + val)
    additional = dict(aug=aug, trainaug=train + aug)
    for task, lists in (('Main', boxes), ('Segmentation', masks | additional)):
        for part, listed in lists.items():
            write_list(folder / 'ImageSets' / task / f'{part}.txt', listed)
    scenes = voc_scenes(2012, 'trainval', num_train, seed)
    scenes += voc_scenes(2012, 'val', num_val, seed)
    for name, scene in zip(names, scenes, strict=True):
        _write_image(folder, name, scene)
        if name not in aug:
            _write_segmentation(folder, name, scene)
        # Like the output of mmseg's voc_aug.py: without palette and border.
        labels = Image.fromarray(scene.label_map(LABELS, {}))
        save_png(labels, folder / 'SegmentationClassAug' / f'{name}.png')


def _write_image(folder: Path, name: str, scene: Scene) -> None:
    save_jpeg(scene.image, folder / 'JPEGImages' / f'{name}.jpg')
    path = folder / 'Annotations' / f'{name}.xml'
    path.parent.mkdir(parents=True, exist_ok=True)
    tree = _annotation(folder.name, name, scene)
    ET.indent(tree, '\t')
    path.write_bytes(ET.tostring(tree) + b'\n')


def _annotation(year: str, name: str, scene: Scene) -> ET.Element:
    """Return the XML of an image. A crowd is one difficult object."""
    root = ET.Element('annotation')
    _add(root, folder=year, filename=f'{name}.jpg')
    _add(ET.SubElement(root, 'source'), database='toy scenes', image='drawn')
    width, height = scene.size
    _add(ET.SubElement(root, 'size'), width=width, height=height, depth=3)
    _add(root, segmented=1)
    for item in scene.objects:
        obj = ET.SubElement(root, 'object')
        _add(obj, name=CLASS_OF_KIND[item.kind], pose='Unspecified')
        _add(obj, truncated=0, difficult=int(item.crowd))
        # VOC counts pixels from 1 and includes the last pixel of a box.
        x1, y1, x2, y2 = item.box
        box = dict(xmin=x1 + 1, ymin=y1 + 1, xmax=x2, ymax=y2)
        _add(ET.SubElement(obj, 'bndbox'), **box)
    return root


def _add(parent: ET.Element, **texts: object) -> None:
    for tag, text in texts.items():
        ET.SubElement(parent, tag).text = str(text)


def _write_segmentation(folder: Path, name: str, scene: Scene) -> None:
    """Write the masks of classes and of objects, with VOC's palette and borders."""
    objects = np.zeros(scene.image.shape[:2], np.uint8)
    for number, item in enumerate(scene.objects, start=1):
        objects[item.mask] = number
    border = find_boundaries(objects, mode='thick')
    for kind, values in (
        ('SegmentationClass', scene.label_map(LABELS, {})),
        ('SegmentationObject', objects),
    ):
        picture = Image.fromarray(np.where(border, np.uint8(IGNORED), values))
        picture.putpalette(voc_palette())
        save_png(picture, folder / kind / f'{name}.png')
