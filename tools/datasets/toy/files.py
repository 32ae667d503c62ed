"""Writers for the files of several formats."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def save_jpeg(image: np.ndarray, path: Path) -> None:
    """Save an RGB image (H, W, 3). The folder is created if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, 'JPEG', quality=95)


def save_png(image: Image.Image | np.ndarray, path: Path) -> None:
    """Save an image or an array of 8 or 16 bits as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(path, 'PNG')


def write_list(path: Path, lines: Iterable[str]) -> None:
    """Write a text file with one entry on each line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(f'{line}\n' for line in lines))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def voc_palette() -> list[int]:
    """Return VOC's 256 colours: a label's bits go to red, green and blue in turn.

    Source: VOClabelcolormap.m of the VOC development kit.
    """
    labels = np.arange(256)
    colours = np.zeros((256, 3), int)
    for bit in range(8):
        channel, shift = bit % 3, 7 - bit // 3
        colours[:, channel] |= (labels >> bit & 1) << shift
    return colours.ravel().tolist()
