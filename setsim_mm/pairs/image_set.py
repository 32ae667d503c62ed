"""The images of a training config, and a random choice of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmengine.config import Config

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.datasets.image_loader import image_loader
from setsim_mm.utils.errors import UserError

# Arguments of UnlabeledImages that decide which images it has.
CHOICE = (
    'data_root',
    'ann_file',
    'ann_file_required',
    'data_prefix',
    'classes',
    'allow_paths_outside',
)


@dataclass(frozen=True)
class TrainingImages:
    """Images by their names.

    Args:
        names (Sequence[str]): Paths in the image folder, K.
        paths (Sequence[str]): Paths or URIs that can be loaded, K.
    """

    names: Sequence[str]
    paths: Sequence[str]

    def __len__(self) -> int:
        return len(self.names)

    def chosen(self, number: int | None, seed: int = 0) -> 'TrainingImages':
        """Return a random choice, in the order of the data set; see :func:`choose`."""
        indices = choose(len(self), number, seed)
        return TrainingImages(
            [self.names[i] for i in indices], [self.paths[i] for i in indices]
        )


def choose(total: int, number: int | None, seed: int = 0) -> list[int]:
    """Return a random choice of indices, ascending.

    Args:
        total (int): Number of all.
        number (int, optional): Number of chosen ones. None: all.
        seed (int): Seed of the choice. Defaults to 0.

    Raises:
        UserError: If there are fewer than 2, or fewer than asked for.
    """
    if number is None:
        return list(range(total))
    if not 2 <= number <= total:
        raise UserError(
            f'--num-images is {number}, but must be between 2 and the number of '
            f'images, {total}.'
        )
    generator = torch.Generator().manual_seed(seed)
    return sorted(torch.randperm(total, generator=generator)[:number].tolist())


def training_images(cfg: Config, folder: str | None = None) -> TrainingImages:
    """Return the images of a training config, without loading them.

    Args:
        cfg (Config): A config whose data set is :class:`UnlabeledImages` or
            :class:`SemanticPositivePairs`. Its file of pairs is not read.
        folder (str, optional): Folder to use in place of the config's, with all of its
            images or those of the config's classes. Defaults to None.

    Returns:
        TrainingImages: In the order of the data set.

    Raises:
        FileNotFoundError: See :class:`UnlabeledImages`.
        UserError: See :class:`UnlabeledImages`.
    """
    arguments = {name: cfg.train_dataloader.dataset.get(name) for name in CHOICE}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    if folder is not None:
        arguments.update(data_root=folder, data_prefix='', ann_file='')
    suffixes = image_loader(cfg).suffixes
    images = UnlabeledImages(**arguments, suffixes=suffixes, lazy_init=True)
    data_list = images.load_data_list()
    paths = [info['img_path'] for info in data_list]
    return TrainingImages(images.image_names(data_list), paths)
