"""A contact sheet of image pairs: anchors with their positives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from matplotlib.figure import Figure
from PIL import Image

from setsim_mm.datasets.image_loader import LOAD_RGB, ImageLoader, load_pixels

from .bands import shown_bands
from .figure import NotebookFigure

THUMBNAIL = 224  # pixels of the longer side
IMAGES_PER_ROW = 8  # at most, if there are several anchors in a row


@dataclass(frozen=True)
class AnchorWithPositives:
    """An image and the images that are paired with it.

    Args:
        anchor (str): Path of the anchor.
        positives (Sequence[str]): Paths of its positives, at least one.
        similarities (Sequence[float]): Their cosine similarities.
    """

    anchor: str
    positives: Sequence[str]
    similarities: Sequence[float]


def draw_image_pairs(
    groups: Sequence[AnchorWithPositives], load: ImageLoader = LOAD_RGB
) -> Figure:
    """Draw anchors beside their positives, with the similarities above.

    Args:
        groups (Sequence[AnchorWithPositives]): The anchors, at least one.
        load (ImageLoader): Loader of the images; see :func:`.shown_bands` for other
            than RGB images. Defaults to RGB.

    Returns:
        Figure: Several anchors with few positives share a row. Save it with
        ``figure.savefig(path)``.

    Raises:
        ValueError: If there is no anchor.
        UnreadableImageError: If an image cannot be read.
    """
    if not groups:
        raise ValueError('there is no pair to draw: give at least one')
    width = 1 + max(len(group.positives) for group in groups)
    per_row = min(len(groups), max(1, IMAGES_PER_ROW // width))
    rows = math.ceil(len(groups) / per_row)
    figure = NotebookFigure(
        figsize=(1.5 * width * per_row, 1.6 * rows), dpi=120, layout='constrained'
    )
    grid = figure.subplots(rows, width * per_row, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for number, group in enumerate(groups):
        row, column = divmod(number, per_row)
        line = grid[row, width * column : width * (column + 1)]
        titles = ['anchor', *(f'{value:.3f}' for value in group.similarities)]
        paths = [group.anchor, *group.positives]
        for axes, path, title in zip(line, paths, titles, strict=False):
            pixels = torch.from_numpy(load_pixels(load, path)).permute(2, 0, 1)
            image = Image.fromarray(shown_bands(pixels))
            image.thumbnail((THUMBNAIL, THUMBNAIL))
            axes.imshow(image)
            axes.set_title(title, fontsize='small')
    return figure
