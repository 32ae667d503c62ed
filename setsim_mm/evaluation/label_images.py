"""Images with a class for every pixel, in label images."""

import os
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import functional as transforms

from setsim_mm.datasets import LoadRGBImage, UnreadableImageError
from setsim_mm.datasets.image_files import find_images
from setsim_mm.datasets.image_loader import LOAD_RGB, ImageLoader, load_pixels
from setsim_mm.utils.errors import UserError

from .image_reading import transformed
from .label_format import IGNORED, LabelFormat


@dataclass(frozen=True)
class LabelBatch:
    """Images of one size, with their labels.

    Args:
        indices (list[int]): Their places in the data set, N.
        images (Tensor): uint8 or float32, (N, channels, height, width).
        labels (Tensor): Class of each pixel, ``IGNORED`` for none, int64,
            (N, height, width).
    """

    indices: list[int]
    images: Tensor
    labels: Tensor


def find_label_images(
    images: str | os.PathLike,
    labels: str | os.PathLike,
    suffix: str = '.png',
    load: ImageLoader = LOAD_RGB,
) -> list[tuple[str, str]]:
    """Pair each image with the file of the same name that holds its labels.

    Args:
        images (str | os.PathLike): Folder of images, searched at any depth.
        labels (str | os.PathLike): Folder with the same subfolders, and a label file
            for each image.
        suffix (str): Of the label files. Defaults to ``'.png'``, single-channel PNGs
            of class numbers.
        load (ImageLoader): Loader of the images, whose suffixes are searched for.
            Defaults to RGB.

    Returns:
        list[tuple[str, str]]: Paths of image and label, sorted.

    Raises:
        UserError: If a folder is missing, there is no image, or an image has no label.
    """
    root, label_root = Path(images).expanduser(), Path(labels).expanduser()
    for folder in (root, label_root):
        if not folder.is_dir():
            raise UserError(
                f'there is no folder {str(folder)!r}: give one that exists.'
            )
    paths = [Path(path) for path in find_images(str(root), suffixes=load.suffixes)]
    found = [
        (label_root / path.relative_to(root)).with_suffix(suffix) for path in paths
    ]
    pairs = list(zip(map(str, paths), map(str, found), strict=True))
    require_label_files(pairs, str(root))
    return pairs


def require_label_files(pairs: Sequence[tuple[str, str]], source: str) -> None:
    """Check that there are images, and a label file for each.

    Args:
        pairs (Sequence[tuple[str, str]]): Paths of image and label.
        source (str): Where they come from.

    Raises:
        UserError: If not.
    """
    if not pairs:
        raise UserError(
            f'there is no image in {source!r}: give a folder or a data set with images.'
        )
    missing = [label for _, label in pairs if not os.path.isfile(label)]
    if missing:
        raise UserError(
            f'{len(missing)} of the {len(pairs)} images in {source!r} have no '
            f'label, such as {missing[0]!r}: add the label images, or remove '
            'these images.'
        )


class LabelImages(Dataset):
    """Images and labels at one size.

    Args:
        samples (Sequence[tuple[str, str]]): Paths of image and label, such as from
            :func:`find_label_images`.
        size (tuple[int, int]): Height and width in pixels. Images are resized by
            bilinear interpolation, labels to the nearest pixel.
        num_classes (int): See :class:`~.label_format.LabelFormat`.
        ignored (int): Value of pixels without a class. Defaults to 255.
        load (ImageLoader): Loader of the images; see :attr:`.ImageInputs.load`.
            Defaults to RGB.
        **values: Other arguments of :class:`~.label_format.LabelFormat`.
    """

    def __init__(
        self,
        samples: Sequence[tuple[str, str]],
        size: tuple[int, int],
        num_classes: int,
        ignored: int = IGNORED,
        load: ImageLoader = LOAD_RGB,
        **values,
    ) -> None:
        self.samples = samples
        self.size = size
        self.load = load
        self.format = LabelFormat(num_classes, ignored, **values)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.format.num_classes

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[int, Tensor, Tensor]:
        """Load an image, (channels, height, width), and its label; see :meth:`label`.

        The image is uint8 or float32, as it is loaded.
        """
        image = load_pixels(self.load, self.samples[index][0])
        height, width, _ = image.shape
        label = self._label(index, (height, width))
        return index, transformed(image, self._resized), label

    def label(self, index: int) -> Tensor:
        """Load the label of an image, int64 (height, width).

        Raises:
            UserError: If it has another size than the image, or the image has other
                channels than the loader asks for; see also :meth:`.LabelFormat.load`.
        """
        return self._label(index, image_size(self.samples[index][0], self.load))

    def _label(self, index: int, size: tuple[int, int]) -> Tensor:
        """Load the label of an image of a size."""
        path, label_path = self.samples[index]
        label = self.format.load(label_path)
        if size != label.shape:
            raise UserError(
                f'the image {path!r} has {size[1]}x{size[0]} pixels and its label '
                f'{label.shape[1]}x{label.shape[0]}: give both the same size.'
            )
        nearest = transforms.InterpolationMode.NEAREST
        classes = torch.from_numpy(label)[None]
        classes = transforms.resize(classes, list(self.size), interpolation=nearest)
        return classes[0].long()

    def _resized(self, image: Image.Image) -> Tensor:
        return transforms.pil_to_tensor(transforms.resize(image, list(self.size)))

    def every(self, step: int) -> 'LabelImages':
        """Return every ``step``-th image."""
        chosen = copy(self)
        chosen.samples = self.samples[::step]
        return chosen

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


def image_size(path: str, load: ImageLoader) -> tuple[int, int]:
    """Return the height and the width of an image file.

    A file that is loaded as RGB is not decoded. Another one is, so that its channels
    are checked.

    Args:
        path (str): The file.
        load (ImageLoader): Its loader.

    Raises:
        UserError: If it cannot be read, or has other channels.
    """
    try:
        if not isinstance(load, LoadRGBImage):
            height, width, _ = load_pixels(load, path).shape
            return height, width
        with Image.open(path) as image:
            return image.height, image.width
    except (OSError, UnreadableImageError) as error:
        raise UserError(
            f'the image {path!r} cannot be read ({error}): replace or remove it.'
        ) from error
