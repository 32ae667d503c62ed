"""Encode many images into files of a folder, so that a killed command continues."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from setsim_mm.datasets.channel_check import check_files
from setsim_mm.datasets.image_loader import LOAD_RGB, ImageLoader
from setsim_mm.evaluation.class_folders import LabeledImages
from setsim_mm.evaluation.knn import pooled_features
from setsim_mm.runs.settings import as_json
from setsim_mm.utils.durable_files import (
    remove_unfinished,
    write_text_whole,
    written_whole,
)
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.json_files import read_json
from setsim_mm.utils.module_modes import evaluation_mode

from .embeddings import Embeddings, normalized_half
from .image_set import TrainingImages

IMAGES_PER_PART = 4096
SETTINGS = 'settings.json'


@dataclass(frozen=True)
class Encoder:
    """A frozen network that encodes images.

    Args:
        backbone (nn.Module): Returns feature maps; the mean of the last one is used.
        preprocess (Callable): See :class:`~setsim_mm.evaluation.ImageInputs`.
        settings (dict[str, Any]): What decides its features, for JSON: weights,
            architecture, normalisation.
        load (ImageLoader): Loader of the images. Defaults to RGB.
    """

    backbone: nn.Module
    preprocess: Callable[[Tensor], Tensor]
    settings: dict[str, Any]
    load: ImageLoader = LOAD_RGB


def encode_images(
    encoder: Encoder,
    images: TrainingImages,
    folder: str | os.PathLike,
    image_size: int = 224,
    batch_size: int = 64,
    num_workers: int = 2,
    progress: bool = False,
    part_size: int = IMAGES_PER_PART,
) -> Embeddings:
    """Encode images as k-NN does, part by part.

    Parts that a former call has written to the folder are not computed again.

    Args:
        encoder (Encoder): The network.
        images (TrainingImages): The images.
        folder (str | os.PathLike): Folder of the parts, which is created.
        image_size (int): Side of the centre crop in pixels. Defaults to 224.
        batch_size (int): Images in a batch. Defaults to 64.
        num_workers (int): Processes that load. Defaults to 2.
        progress (bool): Whether to show progress bars. Defaults to False.
        part_size (int): Images of a part, at most. Defaults to 4096.

    Returns:
        Embeddings: Those of the readable images.

    Raises:
        UserError: If the folder has parts of other images or of another encoder, a part
            is damaged, a feature is NaN, no image of a part can be read, or an image
            has other channels than the loader asks for.
    """
    check_files(images.paths, encoder.load)
    folder = Path(folder)
    names = '\0'.join(images.names).encode(errors='surrogateescape')
    settings = dict(
        encoder.settings,
        image_size=image_size,
        images=len(images),
        names_sha256=hashlib.sha256(names).hexdigest(),
        part_size=part_size,
    )
    _require_same_settings(folder, settings)
    chunks = np.array_split(np.arange(len(images)), -(-len(images) // part_size))
    for number, chunk in enumerate(chunks):
        path = _part(folder, number)
        if path.is_file():
            continue
        samples = [(images.paths[i], int(i)) for i in chunk]
        with evaluation_mode(encoder.backbone):
            encoded = pooled_features(
                encoder.backbone,
                encoder.preprocess,
                LabeledImages(samples, image_size, encoder.load),
                batch_size,
                num_workers,
                f'part {number + 1} of {len(chunks)}' if progress else None,
            )
        assert encoded is not None, 'one process encodes'
        features, indices = encoded
        half = normalized_half(features, f'part {number + 1} of the features')
        with written_whole(path) as unfinished, unfinished.open('wb') as file:
            np.savez(file, indices=indices, features=half.numpy())
    return _joined(folder, images, len(chunks))


def _part(folder: Path, number: int) -> Path:
    return folder / f'part_{number:05d}.npz'


def _require_same_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write the settings to a new folder; compare them in an existing one."""
    path = folder / SETTINGS
    settings = as_json(settings)
    if path.is_file():
        others = read_json(path)
        different = sorted(
            name
            for name in {*settings, *others}
            if settings.get(name) != others.get(name)
        )
        if different:
            raise UserError(
                f'{str(folder)!r} has features with other settings '
                f'({", ".join(different)}): remove it, or choose another folder with '
                '--features.'
            )
        remove_unfinished(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_text_whole(path, json.dumps(settings, indent=2) + '\n')


def _joined(folder: Path, images: TrainingImages, number: int) -> Embeddings:
    """Load all parts; the features are in memory once."""
    joined: Tensor | None = None
    kept: list[str] = []
    for part in range(number):
        path = _part(folder, part)
        try:
            with np.load(path, allow_pickle=False) as content:
                indices, features = content['indices'], content['features']
            if joined is None:
                size = len(images), features.shape[1]
                joined = torch.empty(size, dtype=torch.float16)
            joined[len(kept) : len(kept) + len(indices)] = torch.from_numpy(features)
            kept += [images.names[i] for i in indices.tolist()]
        except Exception as error:  # zipfile, NumPy and torch have many
            raise UserError(
                f'{str(path)!r} is damaged ({error}): remove it and run the command '
                'again.'
            ) from error
    assert joined is not None
    return Embeddings(kept, joined[: len(kept)])
