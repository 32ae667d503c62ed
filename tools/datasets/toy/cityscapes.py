"""Toy scenes in the format of Cityscapes: fine annotations and derived files."""

from pathlib import Path

import numpy as np

from setsim_mm.transfer.layouts.class_names import (
    CITYSCAPES_CATEGORIES,
    CITYSCAPES_IDS,
    CITYSCAPES_TRAIN_IDS,
    IGNORED,
)

from .files import save_png, write_json
from .scene import Scene, draw_scenes

SIZE = (192, 96)
CITIES = {'train': ('aachen', 'bochum'), 'val': ('frankfurt',)}
EGO_VEHICLE = 1
SURFACE_LABELS = {
    'sky': 'sky',
    'building': 'building',
    'road': 'road',
    'void': 'ego vehicle',
}
# Colours of cityscapesscripts/helpers/labels.py for the classes in the scenes.
COLOURS = {
    EGO_VEHICLE: (0, 0, 0),
    CITYSCAPES_IDS['road']: (128, 64, 128),
    CITYSCAPES_IDS['building']: (70, 70, 70),
    CITYSCAPES_IDS['sky']: (70, 130, 180),
    CITYSCAPES_IDS['person']: (220, 20, 60),
    CITYSCAPES_IDS['car']: (0, 0, 142),
    CITYSCAPES_IDS['bus']: (0, 60, 100),
    CITYSCAPES_IDS['train']: (0, 80, 100),
    CITYSCAPES_IDS['motorcycle']: (0, 0, 230),
    CITYSCAPES_IDS['bicycle']: (119, 11, 32),
}


def cityscapes_scenes(part: str, number: int, seed: int) -> dict[str, Scene]:
    """Draw the scenes of ``'train'`` or ``'val'``, by prefix of their file names."""
    cities = CITIES[part]
    scenes = draw_scenes(number, SIZE, seed, f'cityscapes {part}')
    named = {
        f'{cities[i % len(cities)]}_{i:06}_000019': scene
        for i, scene in enumerate(scenes)
    }
    return dict(sorted(named.items()))


def write_cityscapes(folder: Path, num_train: int, num_val: int, seed: int) -> None:
    """Write leftImg8bit, gtFine and annotations of train and val."""
    for part, number in (('train', num_train), ('val', num_val)):
        images = []
        for name, scene in cityscapes_scenes(part, number, seed).items():
            city = name.split('_')[0]
            image = folder / 'leftImg8bit' / part / city / f'{name}_leftImg8bit.png'
            save_png(scene.image, image)
            _write_fine(folder / 'gtFine' / part / city, name, scene)
            images.append(_coco_image(city, name, scene))
        write_json(
            folder / 'annotations' / f'instancesonly_filtered_gtFine_{part}.json',
            _coco_annotations(images),
        )


def label_ids(scene: Scene) -> np.ndarray:
    """Return the label image with the ids of cityscapesscripts, (H, W)."""
    surfaces = {
        surface: CITYSCAPES_IDS.get(label, EGO_VEHICLE)
        for surface, label in SURFACE_LABELS.items()
    }
    return scene.label_map(CITYSCAPES_IDS, surfaces)


def label_train_ids(scene: Scene) -> np.ndarray:
    """Return the label image for training and evaluation, (H, W); 255 is ignored."""
    table = np.full(256, IGNORED, np.uint8)
    for name, train_id in CITYSCAPES_TRAIN_IDS.items():
        table[CITYSCAPES_IDS[name]] = train_id
    return table[label_ids(scene)]


def instance_ids(scene: Scene) -> np.ndarray:
    """Return the instance image, (H, W), 16 bits.

    An instance has 1000 · id + number, and every other pixel has its id.
    """
    ids = label_ids(scene).astype(np.uint16)
    seen: dict[str, int] = {}
    for item in scene.objects:
        if not item.crowd:
            number = seen.get(item.kind, 0)
            ids[item.mask] = 1000 * CITYSCAPES_IDS[item.kind] + number
            seen[item.kind] = number + 1
    return ids


def _write_fine(folder: Path, name: str, scene: Scene) -> None:
    labels = label_ids(scene)
    colours = np.zeros((256, 4), np.uint8)
    colours[:, 3] = 255
    for label, colour in COLOURS.items():
        colours[label, :3] = colour
    for suffix, picture in (
        ('labelIds', labels),
        ('labelTrainIds', label_train_ids(scene)),
        ('instanceIds', instance_ids(scene)),
        ('color', colours[labels]),
    ):
        save_png(picture, folder / f'{name}_gtFine_{suffix}.png')
    write_json(folder / f'{name}_gtFine_polygons.json', _polygons(scene))


def _polygons(scene: Scene) -> dict:
    """Return the annotated polygons, from the back to the front."""
    width, height = scene.size
    objects = []
    for surface, (top, bottom) in scene.bands.items():
        last = width - 1, bottom - 1
        corners = [[0, top], [last[0], top], list(last), [0, last[1]]]
        objects.append(dict(label=SURFACE_LABELS[surface], polygon=corners))
    for item in scene.objects:
        label = item.kind + 'group' * item.crowd
        objects += [
            dict(label=label, polygon=polygon.tolist()) for polygon in item.polygons
        ]
    return dict(imgHeight=height, imgWidth=width, objects=objects)


def _coco_image(city: str, name: str, scene: Scene) -> dict:
    """Return an image's entry as in mmdet's tools/dataset_converters/cityscapes.py."""
    # Imported here, because only MMDetection installs it.
    from pycocotools import mask as run_lengths

    ids = instance_ids(scene)
    annotations = []
    for instance in np.unique(ids[ids >= min(CITYSCAPES_CATEGORIES)]).tolist():
        crowd = instance < 1000
        encoded = run_lengths.encode(np.asfortranarray(ids == instance, np.uint8))
        area, box = run_lengths.area(encoded), run_lengths.toBbox(encoded)
        encoded['counts'] = encoded['counts'].decode()
        annotations.append(
            dict(
                iscrowd=int(crowd),
                category_id=instance if crowd else instance // 1000,
                bbox=box.tolist(),
                area=area.tolist(),
                segmentation=encoded,
            )
        )
    return dict(
        file_name=f'{city}/{name}_leftImg8bit.png',
        height=scene.size[1],
        width=scene.size[0],
        anno_info=annotations,
        segm_file=f'{city}/{name}_gtFine_labelIds.png',
    )


def _coco_annotations(images: list[dict]) -> dict:
    annotations = []
    for image_id, image in enumerate(images):
        image['id'] = image_id
        for annotation in image.pop('anno_info'):
            annotations.append(
                annotation | dict(image_id=image_id, id=len(annotations))
            )
    categories = [dict(id=i, name=name) for i, name in CITYSCAPES_CATEGORIES.items()]
    return dict(images=images, categories=categories, annotations=annotations)
