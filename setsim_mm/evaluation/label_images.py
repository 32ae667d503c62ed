"""Photographs with a class for every pixel: a folder of images, a folder of PNGs."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import functional as transforms

from setsim_mm.datasets import load_rgb
from setsim_mm.datasets.image_files import find_images
from setsim_mm.utils.errors import UserError

IGNORED = 255


@dataclass(frozen=True)
class LabelBatch:
    """Images of one size, with their labels.

    Args:
        indices (list[int]): Their places in the data set, N.
        images (Tensor): uint8, (N, 3, height, width).
        labels (Tensor): Class of each pixel, int64, (N, height, width).
    """

    indices: list[int]
    images: Tensor
    labels: Tensor


def find_label_images(
    images: str | os.PathLike, labels: str | os.PathLike, suffix: str = '.png'
) -> list[tuple[str, str]]:
    """Pair each image with the file of the same name that holds its labels.

    Args:
        images (str | os.PathLike): Folder of photographs, searched at any depth.
        labels (str | os.PathLike): Folder with the same subfolders, and a label file
            for each image.
        suffix (str): Of the label files. Defaults to ``'.png'``, single-channel PNGs
            of class numbers.

    Returns:
        list[tuple[str, str]]: Paths of image and label, sorted.

    Raises:
        UserError: If there is no image, or an image has no label.
    """
    root, label_root = Path(images).expanduser(), Path(labels).expanduser()
    for folder in (root, label_root):
        if not folder.is_dir():
            raise UserError(
                f'there is no folder {str(folder)!r}: give one that exists.'
            )
    paths = [Path(path) for path in find_images(str(root))]
    pairs = [
        (path, (label_root / path.relative_to(root)).with_suffix(suffix))
        for path in sorted(paths)
    ]
    missing = [label for _, label in pairs if not label.is_file()]
    if missing:
        raise UserError(
            f'{len(missing)} of the {len(pairs)} images in {str(root)!r} have no '
            f'label, such as {str(missing[0])!r}: add the label images, or remove '
            'these images.'
        )
    return [(str(path), str(label)) for path, label in pairs]


def load_label(path: str, num_classes: int, ignored: int = IGNORED) -> np.ndarray:
    """Load the class of each pixel.

    Args:
        path (str): A PNG with one channel, or with a palette.
        num_classes (int): Classes are 0 to ``num_classes - 1``.
        ignored (int): Value of pixels without a class. Defaults to 255.

    Returns:
        np.ndarray: uint8, (height, width).

    Raises:
        UserError: If it has several channels or holds another value.
    """
    with Image.open(path) as image:
        label = np.asarray(image)
    if label.ndim != 2 or label.dtype not in (np.uint8, np.bool_):
        raise UserError(
            f'the label image {path!r} has shape {label.shape} and type {label.dtype}: '
            'save the number of the class in one 8-bit channel.'
        )
    label = label.astype(np.uint8)
    present = np.flatnonzero(np.bincount(label.ravel(), minlength=256))
    unknown = [int(v) for v in present if v >= num_classes and v != ignored]
    if unknown:
        raise UserError(
            f'the label image {path!r} holds the values {unknown[:5]}, but there are '
            f'{num_classes} classes, 0 to {num_classes - 1}, and {ignored} for none: '
            'correct the number of classes or the value of pixels without a class.'
        )
    return label


class LabelImages(Dataset):
    """Images and labels at one size.

    Args:
        samples (Sequence[tuple[str, str]]): From :func:`find_label_images`.
        size (tuple[int, int]): Height and width in pixels. Images are resized by
            bilinear interpolation, labels to the nearest pixel.
        num_classes (int): See :func:`load_label`.
        ignored (int): See :func:`load_label`. Defaults to 255.
    """

    def __init__(
        self,
        samples: Sequence[tuple[str, str]],
        size: tuple[int, int],
        num_classes: int,
        ignored: int = IGNORED,
    ) -> None:
        self.samples = samples
        self.size = size
        self.num_classes = num_classes
        self.ignored = ignored

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[int, Tensor, Tensor]:
        """Load an image, uint8 (3, height, width), and its label (height, width).

        Raises:
            UserError: If the label has another size than the image.
        """
        path, label_path = self.samples[index]
        image = load_rgb(path)
        label = load_label(label_path, self.num_classes, self.ignored)
        if image.size != label.shape[::-1]:
            raise UserError(
                f'the image {path!r} has {image.width}x{image.height} pixels and its '
                f'label {label.shape[1]}x{label.shape[0]}: give both the same size.'
            )
        resized = transforms.resize(image, list(self.size))
        nearest = transforms.InterpolationMode.NEAREST
        classes = torch.from_numpy(label)[None]
        classes = transforms.resize(classes, list(self.size), interpolation=nearest)
        return index, transforms.pil_to_tensor(resized), classes[0].long()

    def every(self, step: int) -> 'LabelImages':
        """Return every ``step``-th image."""
        return LabelImages(
            self.samples[::step], self.size, self.num_classes, self.ignored
        )

    def batches(self, batch_size: int, num_workers: int = 0) -> Iterator[LabelBatch]:
        """Yield all images in order.

        Args:
            batch_size (int): Images at a time.
            num_workers (int): Processes that load. Defaults to 0.
        """
        for indices, images, labels in DataLoader(
            self, batch_size, num_workers=num_workers
        ):
            yield LabelBatch(indices.tolist(), images, labels)
