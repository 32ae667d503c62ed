"""Images with N bands, files of them, and labelled ones."""

import os
from pathlib import Path

import numpy as np
import tifffile
from mmengine.config import Config
from PIL import Image

from setsim_mm.datasets.image_loader import ImageLoader
from setsim_mm.evaluation.label_images import LabelImages, find_label_images

MEAN, STD = [1000.0, 1001.0, 1002.0, 4100.0], [20.0, 20.0, 20.0, 100.0]


def write_bands(path: str | os.PathLike, image: np.ndarray) -> None:
    """Write an image, HxWxN, as GeoTIFF files are: N bands of one page."""
    tifffile.imwrite(path, image, photometric='minisblack', planarconfig='contig')


def bands_config(**model: object) -> Config:
    """Return the parts of a config that say how images of four bands are read."""
    load = dict(type='LoadChannels', channels=4, dtype='uint16')
    preprocessor = dict(type='ChannelsDataPreprocessor', mean=MEAN, std=STD)
    return Config(
        dict(
            model=dict(data_preprocessor=preprocessor, **model),
            train_dataloader=dict(dataset=dict(pipeline=[load])),
        )
    )


def labelled_bands(seed: int, classes: np.ndarray) -> np.ndarray:
    """Return an image, HxWx4, uint16, whose classes the last band alone tells apart.

    Its values are about 4000 and 4200, of which the higher 8 bits differ by one.

    Args:
        seed (int): Of the noise, which the classes share.
        classes (np.ndarray): 0 or 1 for each pixel, HxW.
    """
    rng = np.random.default_rng(seed)
    image = rng.integers(980, 1020, (*classes.shape, 4), np.uint16)
    image[..., 3] += np.where(classes, 3200, 3000).astype(np.uint16)
    return image


def write_band_folders(root: Path, number: int = 4) -> Path:
    """Write ``train/<class>/<n>``, TIFF and NumPy files of one class each."""
    for label, name in enumerate(('dark', 'bright')):
        folder = root / 'train' / name
        folder.mkdir(parents=True)
        for n in range(number):
            image = labelled_bands(10 * label + n, np.full((40, 48), label))
            if n % 2:
                np.save(folder / f'{n}.npy', image)
            else:
                write_bands(folder / f'{n}.tif', image)
    return root


def write_band_labels(root: Path, number: int = 3) -> Path:
    """Write ``images/{train,val}/<n>.npy`` and their ``labels``, 64x96 pixels.

    The left half is of class 0, the right half of class 1.
    """
    classes = np.zeros((64, 96), np.uint8)
    classes[:, 48:] = 1
    for part in ('train', 'val'):
        for kind in ('images', 'labels'):
            (root / kind / part).mkdir(parents=True)
        for n in range(number):
            image = labelled_bands(n + 10 * (part == 'val'), classes)
            np.save(root / 'images' / part / f'{n}.npy', image)
            Image.fromarray(classes).save(root / 'labels' / part / f'{n}.png')
    return root


def band_images(root: Path, load: ImageLoader) -> list[LabelImages]:
    """Return both parts of what :func:`write_band_labels` has written."""
    found = []
    for part in ('train', 'val'):
        folders = (root / kind / part for kind in ('images', 'labels'))
        pairs = find_label_images(*folders, load=load)
        found.append(LabelImages(pairs, (64, 96), num_classes=2, load=load))
    return found
