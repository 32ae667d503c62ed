"""Labelled images in one folder for each class, as in ImageNet."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import ImageFolder

from setsim_mm.datasets import UnreadableImageError
from setsim_mm.datasets.channel_check import check_files
from setsim_mm.datasets.image_loader import LOAD_RGB, ImageLoader, load_pixels
from setsim_mm.utils.errors import UserError

from .image_reading import transformed

Sample = tuple[str, int]  # path of an image, class index


@dataclass(frozen=True)
class ClassFolders:
    """Labelled images and images to classify.

    Args:
        classes (Sequence[str]): Names of the classes.
        train (Sequence[Sample]): Paths and classes of the labelled images.
        val (Sequence[Sample]): Paths and classes of the images to classify.
        load (ImageLoader): Loader of the images. Defaults to RGB.
    """

    classes: Sequence[str]
    train: Sequence[Sample]
    val: Sequence[Sample]
    load: ImageLoader = LOAD_RGB


def find_class_folders(
    data_root: str | os.PathLike,
    num_train: int | None = None,
    num_val: int | None = None,
    val_share: float = 0.2,
    seed: int = 0,
    load: ImageLoader = LOAD_RGB,
) -> ClassFolders:
    """Find the images in ``train/<class>/`` and ``val/<class>/`` of a folder.

    Without ``val``, a share of ``train`` is held out. Samples are stratified by class
    and depend only on the files and the seed.

    Args:
        data_root (str | os.PathLike): The folder that contains ``train``.
        num_train (int, optional): Number of labelled images. Defaults to None, all.
        num_val (int, optional): Number of images to classify. Defaults to None, all
            images in ``val``, or the share ``val_share`` of ``train``.
        val_share (float): Share of ``train`` to hold out. Defaults to 0.2.
        seed (int): Seed of the sampling. Defaults to 0.
        load (ImageLoader): Loader of the images; see
            :attr:`.ImageInputs.load`. Defaults to RGB.

    Returns:
        ClassFolders: The images of all classes.

    Raises:
        UserError: If folders or images are missing, there are too few images, or a
            random image has other channels than the loader asks for.
    """
    root = Path(data_root).expanduser()
    train = _image_folder(root / 'train', load)
    if not (root / 'val').is_dir():
        held_out = val_share if num_val is None else num_val
        train_samples, val_samples = _split(train, num_train, held_out, seed)
        return ClassFolders(train.classes, train_samples, val_samples, load)
    val = _image_folder(root / 'val', load)
    unknown = sorted(set(val.classes) - set(train.classes))
    if unknown:
        raise UserError(
            f'{len(unknown)} classes of {str(root / "val")!r} are not in '
            f'{str(root / "train")!r}, such as {unknown[0]!r}: both must have the same '
            'class folders.'
        )
    numbers = [train.class_to_idx[name] for name in val.classes]
    return ClassFolders(
        train.classes,
        _choose(train, num_train, seed),
        [(path, numbers[label]) for path, label in _choose(val, num_val, seed)],
        load,
    )


def _image_folder(folder: Path, load: ImageLoader) -> ImageFolder:
    """Find the images in class folders by torchvision, and check some of them."""
    if not folder.is_dir():
        raise UserError(
            f'there is no folder {str(folder)!r}: put labelled images for k-NN into '
            'train/<class>/, and optionally val/<class>/, of the data root.'
        )
    if not any(entry.is_dir() for entry in os.scandir(folder)):
        raise UserError(
            f'{str(folder)!r} has no class folders: put the images of each class into '
            'its own folder.'
        )
    images = ImageFolder(
        str(folder),
        is_valid_file=lambda path: path.lower().endswith(load.suffixes),
        allow_empty=True,
    )
    there = set(images.targets)
    empty = [name for name, label in images.class_to_idx.items() if label not in there]
    if empty:
        raise UserError(
            f'{len(empty)} of the {len(images.classes)} class folders in '
            f'{str(folder)!r} hold no image, such as {empty[0]!r}: remove them, or put '
            'the images there.'
        )
    check_files([path for path, _ in images.samples], load)
    return images


def _choose(images: ImageFolder, number: int | None, seed: int) -> list[Sample]:
    if number is None or number >= len(images.samples):
        return images.samples
    return _split(images, number, None, seed)[0]


def _split(
    images: ImageFolder, train: int | None, val: int | float | None, seed: int
) -> tuple[list[Sample], list[Sample]]:
    """Choose two disjoint samples, stratified by class."""
    # Not at the top: importing scikit-learn takes a second.
    from sklearn.model_selection import train_test_split

    try:
        return train_test_split(
            images.samples,
            train_size=train,
            test_size=val,
            stratify=images.targets,
            random_state=seed,
        )
    except ValueError as error:
        raise UserError(
            f'{len(images.samples)} images of {len(images.classes)} classes in '
            f'{images.root!r} cannot be divided as asked for ({error}): ask for at '
            'least one image of each class, and for no more images than there are.'
        ) from error


class LabeledImages(Dataset):
    """Data set of images that are resized and cropped at the centre.

    Args:
        samples (Sequence[Sample]): Paths and classes.
        image_size (int): Side of the crop in pixels. The shorter side is first resized
            to 8/7 of it: to 256 for 224, as usual for ImageNet.
        load (ImageLoader): Loader of the images. Defaults to RGB.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        image_size: int,
        load: ImageLoader = LOAD_RGB,
    ) -> None:
        self.samples = samples
        self.load = load
        self.transform = transforms.Compose(
            [
                transforms.Resize(round(image_size * 8 / 7)),
                transforms.CenterCrop(image_size),
                transforms.PILToTensor(),
            ]
        )

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[int, Tensor] | None:
        """Return index and image, (channels, size, size); None if unreadable.

        The image is uint8 or float32, as it is loaded.
        """
        try:
            image = load_pixels(self.load, self.samples[index][0])
        except UnreadableImageError:
            return None
        return index, transformed(image, self.transform)


def image_batches(
    images: LabeledImages, indices: Sequence[int], batch_size: int, num_workers: int
) -> Iterator[tuple[list[int], Tensor | None]]:
    """Load images in batches.

    Args:
        images (LabeledImages): The data set.
        indices (Sequence[int]): Indices of the images, in this order.
        batch_size (int): Images in a batch, including unreadable ones.
        num_workers (int): Number of worker processes.

    Yields:
        tuple[list[int], Tensor | None]: Indices and images,
        (N, channels, size, size), without unreadable ones; None if all are unreadable.
    """
    yield from DataLoader(
        images,
        batch_size,
        sampler=indices,
        num_workers=num_workers,
        collate_fn=_stack_readable,
    )


def _stack_readable(
    batch: list[tuple[int, Tensor] | None],
) -> tuple[list[int], Tensor | None]:
    readable = [item for item in batch if item is not None]
    if not readable:
        return [], None
    indices, images = zip(*readable, strict=True)
    return list(indices), torch.stack(images)
