"""Pictures of what corresponds in views of images: visualize_correspondence.py."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from setsim_mm.datasets import load_rgb
from setsim_mm.datasets.image_files import ImageFiles
from setsim_mm.utils import UserError
from setsim_mm.visualization import draw_contact_sheet, draw_correspondence

from .matching import match
from .views import cut_views

PER_SHEET = 24  # more would be too small to see, or too large a picture


def images_among(paths: Sequence[str | os.PathLike]) -> list[str]:
    """List images by name and all below folders, and see whether they can be read.

    Args:
        paths (Sequence[str | os.PathLike]): Files and folders.

    Returns:
        list[str]: Files, in the order given, those of a folder sorted.

    Raises:
        UserError: If a folder holds no image.
        UnreadableImageError: If an image is missing, or cannot be read.
    """
    images = []
    for path in map(os.fspath, paths):
        path = os.path.expanduser(path)
        if not os.path.isdir(path):
            images.append(path)
            continue
        try:
            images += ImageFiles(path).found()
        except FileNotFoundError as error:
            raise UserError(
                f'there is no image in the folder {path!r}: give images, or a folder '
                'that holds some (JPEG, PNG and the like).'
            ) from error
    for image in images:
        load_rgb(image)
    return images


def save_pictures(
    model: nn.Module,
    images: Sequence[str | os.PathLike],
    out_dir: str | os.PathLike,
    seed: int = 0,
    view_size: int | None = None,
    num_lines: int = 6,
) -> list[Path]:
    """Draw two views of each image, and contact sheets of several images.

    Args:
        model (nn.Module): From :func:`~setsim_mm.apis.init_model`.
        images (Sequence[str | os.PathLike]): Image files, at least one.
        out_dir (str | os.PathLike): Folder of the pictures; it is made.
        seed (int): Which views; those of the n-th image have the n-th seed from this
            one on. Defaults to 0.
        view_size (int, optional): Side of the views in pixels. Defaults to None, the
            training pipeline's.
        num_lines (int): How many pairs of each source to join by a line. Defaults
            to 6.

    Returns:
        list[Path]: The pictures, ``<image>.png`` and for several images
        ``contact_sheet.png`` at the end, with 24 images on a sheet.

    Raises:
        UserError: If the folder cannot be written.
        UnreadableImageError: If an image cannot be read.
        ValueError: If a number is out of range.
    """
    if num_lines < 0:
        raise ValueError(f'num_lines must be at least 0, but is {num_lines}')
    if view_size is not None and view_size < 1:
        raise ValueError(f'view_size must be at least 1, but is {view_size}')
    out_dir = _writable(Path(out_dir).expanduser())
    matches, written = [], []
    for number, image in enumerate(images):
        # A seed of its own, or all images would be cut and coloured alike.
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
            f'the folder {str(folder)!r} cannot be made ({error.strerror}): choose '
            'another one with --out-dir.'
        ) from error
    return folder


def _unused(path: Path, taken: Sequence[Path]) -> Path:
    """Number a name that another image of this call has got already."""
    number, stem = 1, path.stem
    while path in taken:
        number += 1
        path = path.with_name(f'{stem}_{number}.png')
    return path
