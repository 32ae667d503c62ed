"""A drawn scene with its annotations."""

import zlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .kinds import KINDS, SURFACES

# MMDetection's VOC config leaves out boxes below 32 px.
OBJECT_SIDE = (36, 56)  # pixels, both ends included
CROWD_SIDE = 44
CROWD_MEMBER_SIDE = 18
GAP = 3  # pixels between two objects
VOID_ROWS = 4
PLACING_ATTEMPTS = 60


class SceneObject(NamedTuple):
    """An object, or a crowd of objects of one kind that are annotated as one.

    Args:
        kind: A key of :data:`KINDS`.
        polygons: Outlines (K, 2) with corners (x, y) as indices of pixels. A crowd has
            several.
        mask: The pixels inside or on one of the outlines, (H, W).
        crowd: Whether it is a crowd.
    """

    kind: str
    polygons: list[np.ndarray]
    mask: np.ndarray
    crowd: bool

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x1, y1, x2, y2) of the mask in pixels; x2 and y2 are exclusive."""
        ys, xs = np.nonzero(self.mask)
        return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


class Scene(NamedTuple):
    """An image with its surfaces and objects. No two objects overlap or touch.

    Args:
        image: RGB, (H, W, 3), 8 bits.
        bands: First row and row after the last one of each surface.
        objects: The objects in the order in which they were placed.
    """

    image: np.ndarray
    bands: dict[str, tuple[int, int]]
    objects: list[SceneObject]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    def label_map(
        self, kinds: Mapping[str, int], surfaces: Mapping[str, int]
    ) -> np.ndarray:
        """Return a label image with a data set's labels.

        Args:
            kinds: The label of each kind of object.
            surfaces: The labels of surfaces; other surfaces get 0.

        Returns:
            np.ndarray: Labels, (H, W), 8 bits.
        """
        labels = np.zeros(self.image.shape[:2], np.uint8)
        for surface, (top, bottom) in self.bands.items():
            labels[top:bottom] = surfaces.get(surface, 0)
        for item in self.objects:
            labels[item.mask] = kinds[item.kind]
        return labels


def draw_scenes(
    number: int,
    size: tuple[int, int],
    seed: int,
    name: str,
    objects: int = 3,
    crowds: bool = True,
) -> Iterator[Scene]:
    """Draw scenes. The same arguments give the same scenes.

    The kinds of the first objects alternate, so that six scenes show every kind. Every
    third scene has a crowd.

    Args:
        number: Number of scenes.
        size: Width and height in pixels, at least 96.
        seed: Random seed, at least 0.
        name: Name of the data set and its part, so that no two have the same scenes.
        objects: Number of objects in each scene, as long as there is room.
        crowds: Whether to draw crowds.
    """
    kinds = list(KINDS)
    for i in range(number):
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), i])
        drawn = [kinds[i % len(kinds)], *rng.choice(kinds, objects - 1)]
        crowd = str(rng.choice(kinds)) if crowds and i % 3 == 0 else None
        yield _draw_scene(rng, size, [str(kind) for kind in drawn], crowd)


def _draw_scene(
    rng: np.random.Generator, size: tuple[int, int], kinds: list[str], crowd: str | None
) -> Scene:
    width, height = size
    horizon = int(height * rng.uniform(0.2, 0.4))
    kerb = int(height * rng.uniform(0.5, 0.7))
    edges = (0, horizon, kerb, height - VOID_ROWS, height)
    bands = dict(zip(SURFACES, pairwise(edges), strict=True))

    canvas = np.empty((height, width, 3))
    for surface, (top, bottom) in bands.items():
        canvas[top:bottom] = np.add(SURFACES[surface], rng.uniform(-12, 12, 3))

    free = np.zeros((height, width), bool)
    free[: height - VOID_ROWS] = True
    objects = []
    # The first object and the crowd come first, because the room may not suffice.
    wanted = [(kind, False) for kind in kinds]
    if crowd:
        wanted.insert(1, (crowd, True))
    for kind, is_crowd in wanted:
        box = _place(rng, free, is_crowd)
        if box is None:
            continue
        item = _outline(rng, kind, box, size, is_crowd)
        _paint(rng, canvas, item)
        x1, y1, x2, y2 = box
        free[max(0, y1 - GAP) : y2 + GAP, max(0, x1 - GAP) : x2 + GAP] = False
        objects.append(item)

    canvas += rng.normal(0, 5, canvas.shape)
    return Scene(canvas.clip(0, 255).round().astype(np.uint8), bands, objects)


def _place(
    rng: np.random.Generator, free: np.ndarray, crowd: bool
) -> tuple[int, int, int, int] | None:
    """Return a free box for an object; None if none is found."""
    height, width = free.shape
    low, high = OBJECT_SIDE
    for _ in range(PLACING_ATTEMPTS):
        w, h = (CROWD_SIDE,) * 2 if crowd else rng.integers(low, high, 2, endpoint=True)
        x = int(rng.integers(0, width - w, endpoint=True))
        y = int(rng.integers(0, height - VOID_ROWS - h, endpoint=True))
        if free[y : y + h, x : x + w].all():
            return x, y, x + int(w), y + int(h)
    return None


def _outline(
    rng: np.random.Generator,
    kind: str,
    box: tuple[int, int, int, int],
    size: tuple[int, int],
    crowd: bool,
) -> SceneObject:
    boxes = [box]
    if crowd:
        x1, y1, x2, y2 = box
        side = CROWD_MEMBER_SIDE
        corners = rng.integers((x1, y1), (x2 - side, y2 - side), (4, 2), endpoint=True)
        boxes = [(x, y, x + side, y + side) for x, y in corners]
    polygons = [_fit_outline(kind, box) for box in boxes]
    # cityscapesscripts draws polygons in the same way.
    picture = Image.new('1', size)
    for polygon in polygons:
        ImageDraw.Draw(picture).polygon([tuple(xy) for xy in polygon.tolist()], fill=1)
    return SceneObject(kind, polygons, np.array(picture), crowd)


def _fit_outline(kind: str, box: tuple[int, int, int, int]) -> np.ndarray:
    """Return a kind's outline, scaled to the pixels of a box, (K, 2)."""
    x1, y1, x2, y2 = box
    unit = np.array(KINDS[kind].outline)
    return np.round((x1, y1) + unit * (x2 - 1 - x1, y2 - 1 - y1)).astype(int)


def _paint(rng: np.random.Generator, canvas: np.ndarray, item: SceneObject) -> None:
    look = KINDS[item.kind]
    light = rng.uniform(0.85, 1.1)
    ys, xs = np.nonzero(item.mask)
    dark = look.texture(ys - ys.min(), xs - xs.min())
    shade = np.where(dark, 0.55, 1.0) * light  # (pixels,)
    canvas[ys, xs] = shade[:, None] * np.array(look.colour)
