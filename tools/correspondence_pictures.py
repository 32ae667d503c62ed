"""Write pictures of correspondence, for tools/visualize_correspondence.py."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from setsim_mm.apis import cut_views, match
from setsim_mm.apis.images import as_pixels
from setsim_mm.datasets import LoadChannels, LoadRGBImage
from setsim_mm.datasets.image_files import ImageFiles
from setsim_mm.utils import UserError
from setsim_mm.visualization import (
    Match,
    draw_contact_sheet,
    draw_correspondence,
)

PER_SHEET = 24  # largest number of images on a legible sheet


def images_among(
    paths: Sequence[str | os.PathLike], load: LoadChannels | None = None
) -> list[str]:
    """Return image files and the images in folders, after checking that they load.

    Args:
        paths (Sequence[str | os.PathLike]): Files and folders.
        load (LoadChannels, optional): The loader of a training on images with N
            channels. Defaults to None, RGB.

    Returns:
        list[str]: Files in the given order; those of a folder are sorted.

    Raises:
        UserError: If a folder holds no image.
        UnreadableImageError: If an image is missing or cannot be read.
        ChannelsError: If an image has other channels.
    """
    suffixes = (load or LoadRGBImage).suffixes
    images = []
    for given in paths:
        path = os.path.expanduser(given)
        if not os.path.isdir(path):
            images.append(path)
            continue
        try:
            images += ImageFiles(path, suffixes).found()
        except FileNotFoundError as error:
            raise UserError(
                f'there is no image in the folder {path!r}: give images, or a folder '
                f'that holds some ({", ".join(suffixes)}).'
            ) from error
    for image in images:
        as_pixels(image, load)
    return images


def save_pictures(
    model: nn.Module,
    images: Sequence[str | os.PathLike],
    out_dir: str | os.PathLike,
    seed: int = 0,
    view_size: int | None = None,
    num_lines: int = 6,
) -> list[Path]:
    """Write a picture of two views of each image, and contact sheets.

    Args:
        model (nn.Module): A model from :func:`~setsim_mm.apis.init_model`.
        images (Sequence[str | os.PathLike]): Image files, at least one.
        out_dir (str | os.PathLike): Folder for the pictures; it is created.
        seed (int): Seed of the first image's views; each further image has the next
            seed. Defaults to 0.
        view_size (int, optional): Side of the views in pixels. Defaults to None, the
            size in the training pipeline.
        num_lines (int): Number of lines for each source. Defaults to 6.

    Returns:
        list[Path]: The pictures: ``<image>.png`` and, for several images,
        ``contact_sheet.png`` with up to 24 images on a sheet.

    Raises:
        UserError: If the folder cannot be created.
        UnreadableImageError: If an image cannot be read.
        ValueError: If a number is out of range.
    """
    if num_lines < 0:
        raise ValueError(f'num_lines must be at least 0, but is {num_lines}')
    if view_size is not None and view_size < 1:
        raise ValueError(f'view_size must be at least 1, but is {view_size}')
    out_dir = _writable(Path(out_dir).expanduser())
    matches: list[Match] = []
    written: list[Path] = []
    for number, image in enumerate(images):
        # With one seed for all, the images would have the same crops and colours.
        views = cut_views(model.cfg, image, seed + number, view_size)
        found = replace(match(model, *views), name=os.path.basename(image))
        path = _unused(out_dir / f'{Path(image).stem}.png', written)
        draw_correspondence(found, num_lines).savefig(path)
        matches.append(found)
        written.append(path)
    for start in range(0, len(matches), PER_SHEET) if len(matches) > 1 else ():
        path = _unused(out_dir / 'contact_sheet.png', written)
        part = matches[start : start + PER_SHEET]
        draw_contact_sheet(part, num_lines).savefig(path)
        written.append(path)
    return written


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f'the folder {str(folder)!r} cannot be created ({error.strerror}): choose '
            'another one with --out-dir.'
        ) from error
    return folder


def _unused(path: Path, taken: Sequence[Path]) -> Path:
    """Append a number to a name that another image of this call has."""
    number, stem = 1, path.stem
    while path in taken:
        number += 1
        path = path.with_name(f'{stem}_{number}.png')
    return path
