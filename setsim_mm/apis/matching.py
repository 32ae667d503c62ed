"""What corresponds in two images."""

import os
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import nn

from setsim_mm.models.matchers import GeometricMatcher, Matcher, UnionMatcher
from setsim_mm.utils import UserError
from setsim_mm.visualization import Match, draw_correspondence, match_views

from .images import ImageLike, as_batch, as_image, resized


def match(
    model: nn.Module,
    image_a: ImageLike,
    image_b: ImageLike,
    boxes: tuple[Sequence[float], Sequence[float]] | None = None,
    size: int | tuple[int, int] | None = None,
) -> Match:
    """Ask which positions of two images correspond.

    The images may be any two, of any sizes. Each is taken whole, nothing is cut off:
    it is resized as ``size`` says and its sides are rounded to multiples of 16.

    Args:
        model (nn.Module): From :func:`~setsim_mm.apis.init_model`.
        image_a (ImageLike): The query: a file, a PIL image, or a uint8 array
            (height, width, 3) in RGB or (height, width) in grey.
        image_b (ImageLike): The key, likewise.
        boxes (tuple[Sequence[float], Sequence[float]], optional): (x1, y1, x2, y2) of
            each in the image that both were cut from, in units of its width and
            height, with x1 > x2 if it is mirrored. Defaults to None: geometry then
            has nothing to say, and a union of matchers is asked without it.
        size (int | tuple[int, int], optional): Shorter side, or height and width, in
            pixels. Defaults to None, each image's own up to 448 for the shorter side.

    Returns:
        Match: The correspondence with its scores.

    Raises:
        UserError: If the matcher goes by geometry alone and there are no boxes.
        UnreadableImageError: If a file cannot be read.
        ValueError: If an array is no image, or the size is below 1.
    """
    matcher = model.matcher
    if boxes is None:
        matcher = without_geometry(matcher)
        if matcher is None:
            raise UserError(
                'the matcher goes by geometry alone and needs to know where in one '
                'image both were cut: give boxes, or a config with another matcher.'
            )
    else:
        boxes = tuple(torch.tensor([list(box)], dtype=torch.float32) for box in boxes)
    views = tuple(
        as_batch(resized(as_image(image), size)) for image in (image_a, image_b)
    )
    names = [
        os.path.basename(image)
        for image in (image_a, image_b)
        if isinstance(image, str | os.PathLike)
    ]
    (found,) = match_views(model, views, boxes, matcher, names=[', '.join(names)])
    return found


def show(found: Match, num_lines: int = 6) -> Figure:
    """Draw a match, as Figure 4 of the paper.

    Args:
        found (Match): From :func:`match`.
        num_lines (int): How many pairs of each source to join by a line. Defaults
            to 6.

    Returns:
        Figure: A notebook shows it; elsewhere ``figure.savefig(path)``.
    """
    return draw_correspondence(found, num_lines)


def without_geometry(matcher: Matcher) -> Matcher | None:
    """Give the part of a matcher that needs no boxes.

    Args:
        matcher (Matcher): Any.

    Returns:
        Matcher | None: The matcher itself, a union without its geometric part, or
        None if nothing is left.
    """
    if isinstance(matcher, GeometricMatcher):
        return None
    if not isinstance(matcher, UnionMatcher):
        return matcher
    rest = [without_geometry(part) for part in matcher.matchers]
    rest = [part for part in rest if part is not None]
    return UnionMatcher(rest, matcher.nearest_neighbor) if rest else None
