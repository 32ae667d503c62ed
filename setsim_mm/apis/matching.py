"""Find and draw the correspondence between two images."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from setsim_mm.models.matchers import GeometricMatcher, Matcher, UnionMatcher
from setsim_mm.utils import UserError
from setsim_mm.visualization import Match, match_views

from .images import ImageLike, as_batch, as_pixels, resized

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def match(
    model: nn.Module,
    image_a: ImageLike,
    image_b: ImageLike,
    boxes: tuple[Sequence[float], Sequence[float]] | None = None,
    size: int | tuple[int, int] | None = None,
) -> Match:
    """Find the positions of two images that correspond.

    The images may have different sizes. Each is resized as a whole to sides that are
    multiples of 16.

    Args:
        model (nn.Module): A model from :func:`~setsim_mm.apis.init_model`.
        image_a (ImageLike): The query: a file, a PIL image, or a uint8 array
            (height, width, 3) in RGB or (height, width) in grey. For a training on N
            channels an array is (height, width, N), with the values of the files.
        image_b (ImageLike): The key, in the same formats.
        boxes (tuple[Sequence[float], Sequence[float]], optional): Boxes
            (x1, y1, x2, y2) of both images in the image that they were cut from, in
            units of its width and height, with x1 > x2 for a mirrored one. Defaults to
            None, which removes geometric matchers from a union.
        size (int | tuple[int, int], optional): Shorter side, or height and width, in
            pixels. Defaults to None, each image's own size with a shorter side of at
            most 448.

    Returns:
        Match: The correspondence with its scores.

    Raises:
        UserError: If there are no boxes for a matcher that uses geometry alone.
        UnreadableImageError: If a file cannot be read.
        ChannelsError: If a file has other channels than the training.
        ValueError: If an array is not an image, or the size is below 1.
    """
    from setsim_mm.datasets.image_loader import channels_loader

    matcher: Any = model.matcher
    box_tensors = None
    if boxes is None:
        matcher = without_geometry(matcher)
        if matcher is None:
            raise UserError(
                'the matcher uses geometry alone and needs to know where in one image '
                'both were cut: give boxes, or a config with another matcher.'
            )
    else:
        box_a, box_b = (torch.tensor([list(b)], dtype=torch.float32) for b in boxes)
        box_tensors = box_a, box_b
    load = channels_loader(model.cfg)
    view_a, view_b = (
        as_batch(resized(as_pixels(i, load), size)) for i in (image_a, image_b)
    )
    names = [
        os.path.basename(image)
        for image in (image_a, image_b)
        if isinstance(image, str | os.PathLike)
    ]
    name = ', '.join(names)
    (found,) = match_views(model, (view_a, view_b), box_tensors, matcher, [name])
    return found


def show(found: Match, num_lines: int = 6) -> 'Figure':
    """Draw a match as in Figure 4 of the paper.

    Args:
        found (Match): A match from :func:`match`.
        num_lines (int): Number of lines for each source. Defaults to 6.

    Returns:
        Figure: The figure. A notebook shows it; elsewhere use ``figure.savefig(path)``.
    """
    from setsim_mm.visualization import draw_correspondence

    return draw_correspondence(found, num_lines)


def without_geometry(matcher: Matcher) -> Matcher | None:
    """Return a matcher without its geometric parts; None if no part is left."""
    if isinstance(matcher, GeometricMatcher):
        return None
    if not isinstance(matcher, UnionMatcher):
        return matcher
    parts: Any = matcher.matchers
    rest = [part for part in map(without_geometry, parts) if part is not None]
    return UnionMatcher(rest, matcher.nearest_neighbor) if rest else None
