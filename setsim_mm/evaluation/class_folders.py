"""Labelled photographs: one folder for each class, as ImageNet has them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import ImageFolder

from setsim_mm.datasets import UnreadableImageError, load_rgb
from setsim_mm.datasets.image_files import IMAGE_SUFFIXES
from setsim_mm.utils.errors import UserError

Sample = tuple[str, int]  # path of an image and the number of its class


@dataclass(frozen=True)
class ClassFolders:
    """Images with their classes, to learn from and to be judged by.

    Args:
        classes (Sequence[str]): Names of the classes.
        train (Sequence[Sample]): Paths and classes of the labelled images.
        val (Sequence[Sample]): Those of the images to classify.
    """

    classes: Sequence[str]
    train: Sequence[Sample]
    val: Sequence[Sample]


def find_class_folders(
    data_root: str | os.PathLike,
    num_train: int | None = None,
    num_val: int | None = None,
    val_share: float = 0.2,
    seed: int = 0,
) -> ClassFolders:
    """Find the images in ``train/<class>/`` and ``val/<class>/`` of a folder.

    Where there is no ``val``, a share of each class of ``train`` is held out. The
    same files and seed give the same choice, each class its share of it.

    Args:
        data_root (str | os.PathLike): The folder that holds ``train``.
        num_train (int, optional): How many labelled images to choose. Defaults to
            None, all.
        num_val (int, optional): How many images to classify. Defaults to None, all
            that ``val`` has or ``val_share`` gives.
        val_share (float): Share of ``train`` to hold out. Defaults to 0.2.
        seed (int): Chooses. Defaults to 0.

    Returns:
        ClassFolders: The images, of all classes.

    Raises:
        UserError: If folders or images are missing, or too few to choose from.
    """
    root = Path(data_root).expanduser()
    train = _image_folder(root / 'train')
    if not (root / 'val').is_dir():
        held_out = val_share if num_val is None else num_val
        train_samples, val_samples = _split(train, num_train, held_out, seed)
        return ClassFolders(train.classes, train_samples, val_samples)
    val = _image_folder(root / 'val')
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
    )


def _image_folder(folder: Path) -> ImageFolder:
    """List a folder of class folders, through torchvision."""
    if not folder.is_dir():
        raise UserError(
            f'there is no folder {str(folder)!r}: k-NN needs labelled images in '
            'train/<class>/ below its data root, and perhaps more in val/<class>/.'
        )
    if not any(entry.is_dir() for entry in os.scandir(folder)):
        raise UserError(
            f'{str(folder)!r} has no class folders: put the images of each class into '
            'a folder of its own.'
        )
    images = ImageFolder(
        str(folder),
        is_valid_file=lambda path: path.lower().endswith(IMAGE_SUFFIXES),
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
    return images


def _choose(images: ImageFolder, number: int | None, seed: int) -> list[Sample]:
    if number is None or number >= len(images.samples):
        return images.samples
    return _split(images, number, None, seed)[0]


def _split(
    images: ImageFolder, train: int | None, val: int | float | None, seed: int
) -> tuple[list[Sample], list[Sample]]:
    """Choose two parts that share no image, each with its share of each class."""
    # A second to import, which every command would pay.
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
            'least one image of each class and not for more than there are.'
        ) from error


class LabeledImages(Dataset):
    """Images resized and cropped at the centre, as they are classified.

    Args:
        samples (Sequence[Sample]): Paths and classes.
        image_size (int): Side of the crop in pixels. The shorter side is resized to
            8/7 of it first: 256 for 224, as usual on ImageNet.
    """

    def __init__(self, samples: Sequence[Sample], image_size: int) -> None:
        self.samples = samples
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
        """Give the index and the image, uint8 (3, size, size), if it can be read."""
        try:
            return index, self.transform(load_rgb(self.samples[index][0]))
        except UnreadableImageError:
            return None


def image_batches(
    images: LabeledImages, indices: Sequence[int], batch_size: int, num_workers: int
) -> Iterator[tuple[list[int], Tensor | None]]:
    """Load images in batches.

    Args:
        images (LabeledImages): Where to load from.
        indices (Sequence[int]): Which ones, in this order.
        batch_size (int): Images at a time, unreadable ones included.
        num_workers (int): Processes that load.

    Yields:
        tuple[list[int], Tensor | None]: Indices and images, uint8
        (N, 3, size, size), of those that can be read; None if there are none.
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
