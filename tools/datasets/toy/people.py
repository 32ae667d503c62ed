"""People-like figures with COCO's 17 key points, facing the viewer."""

import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from setsim_mm.transfer.keypoints.meta import COCO_PERSON, keypoint_indices

# Lengths are in units of the height of an upright figure. The neck is the origin.
HEAD, SHOULDER, HIP, TORSO = 0.09, 0.12, 0.08, 0.31
ARM, LEG = (0.16, 0.15), (0.24, 0.22)  # upper and lower part
WIDTHS = dict(arm=0.06, leg=0.09)
SKIN, SHIRT, TROUSERS, EYE = (224, 172, 105), (200, 60, 60), (50, 60, 140), (20, 20, 20)
FACE = {'nose': (0, -0.11), 'eye': (0.035, -0.14), 'ear': (0.085, -0.13)}
SLOT_MARGIN = 4  # pixels
# The smallest and largest share of the height of the image.
HEIGHTS = (0.7, 0.95)
NOT_LABELLED, OCCLUDED, VISIBLE = 0, 1, 2


class Person(NamedTuple):
    """A drawn figure.

    Args:
        keypoints: x, y and COCO's flag, (17, 3), integers. Coordinates are indices of
            pixels; key points that are not labelled are zeros.
        polygons: Outlines (K, 2) of its parts.
        mask: The pixels inside or on one of the outlines, (H, W).
    """

    keypoints: np.ndarray
    polygons: list[np.ndarray]
    mask: np.ndarray


def draw_people(
    number: int, size: tuple[int, int], seed: int, name: str
) -> Iterator[tuple[np.ndarray, list[Person]]]:
    """Draw images with two figures each. The same arguments give the same images.

    Some key points are occluded or not labelled. In every third image, the second
    figure has no labelled key point.

    Args:
        number: Number of images.
        size: Width and height in pixels.
        seed: Random seed, at least 0.
        name: Name of the data set and its part.

    Yields:
        The image, RGB, (H, W, 3), 8 bits, and its figures.
    """
    width, height = size
    for i in range(number):
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), i])
        canvas = Image.new('RGB', size, tuple(rng.integers(130, 190, 3).tolist()))
        people = []
        for left in (0, width // 2):
            slot = (left, 0, left + width // 2, height)
            labelled = not (people and i % 3 == 2)
            people.append(_draw_person(rng, canvas, slot, labelled))
        noisy = np.asarray(canvas) + rng.normal(0, 4, (height, width, 3))
        yield noisy.clip(0, 255).round().astype(np.uint8), people


def _draw_person(
    rng: np.random.Generator,
    canvas: Image.Image,
    slot: tuple[int, int, int, int],
    labelled: bool,
) -> Person:
    joints = _pose(rng)
    outlines = _outlines(joints)
    corners = np.concatenate([polygon for _, polygon in outlines])
    low, extent = corners.min(0), np.ptp(corners, axis=0)
    x1, y1, x2, y2 = slot
    room = np.array([x2 - x1, y2 - y1]) - 2 * SLOT_MARGIN
    scale = min(*(room / extent), rng.uniform(*HEIGHTS) * (y2 - y1))
    free = room - extent * scale
    start = np.array([x1, y1]) + SLOT_MARGIN + rng.uniform(0, 1, 2) * free

    def place(points: np.ndarray) -> np.ndarray:
        return np.round((points - low) * scale + start).astype(int)

    mask = Image.new('1', canvas.size)
    polygons = []
    for colour, polygon in outlines:
        polygons.append(place(polygon))
        flat = [tuple(corner) for corner in polygons[-1].tolist()]
        ImageDraw.Draw(canvas).polygon(flat, fill=colour)
        ImageDraw.Draw(mask).polygon(flat, fill=1)
    points = place(np.array([joints[name] for name in COCO_PERSON['keypoints']]))
    places = keypoint_indices(COCO_PERSON)
    for name in ('left_eye', 'right_eye', 'nose'):
        ImageDraw.Draw(canvas).point(tuple(points[places[name]].tolist()), fill=EYE)
    flags = rng.choice(
        [NOT_LABELLED, OCCLUDED, VISIBLE], len(points), p=[0.1, 0.1, 0.8]
    )
    flags *= labelled
    keypoints = np.column_stack([points, flags]) * (flags > NOT_LABELLED)[:, None]
    return Person(keypoints, polygons, np.array(mask))


def _pose(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the place of each key point by its name; y points downwards."""
    joints = {}
    # The viewer sees the left side of a person on the right.
    for side, sign in (('left', 1), ('right', -1)):
        for part, (x, y) in FACE.items():
            joints[part if part == 'nose' else f'{side}_{part}'] = np.array(
                [sign * x, y]
            )
        chains = (
            (('shoulder', 'elbow', 'wrist'), (SHOULDER, 0.03), ARM, (0.1, 1.9)),
            (('hip', 'knee', 'ankle'), (HIP, TORSO), LEG, (0.0, 0.5)),
        )
        for names, (x, y), lengths, angles in chains:
            place = joints[f'{side}_{names[0]}'] = np.array([sign * x, y])
            angle = rng.uniform(*angles)  # outwards, from hanging down
            for name, length in zip(names[1:], lengths, strict=True):
                step = length * np.array([sign * np.sin(angle), np.cos(angle)])
                place = joints[f'{side}_{name}'] = place + step
                angle += rng.uniform(-0.4, 0.4)
    return joints


def _outlines(joints: dict[str, np.ndarray]) -> list[tuple[tuple, np.ndarray]]:
    """Return colour and outline of each part, from back to front."""
    parts = []
    for names, width, colour in (
        (('hip', 'knee', 'ankle'), WIDTHS['leg'], TROUSERS),
        (('shoulder', 'elbow', 'wrist'), WIDTHS['arm'], SHIRT),
    ):
        for side in ('left', 'right'):
            places = [joints[f'{side}_{name}'] for name in names]
            parts += [(colour, _limb(*ends, width)) for ends in pairwise(places)]
    torso = ('left_shoulder', 'right_shoulder', 'right_hip', 'left_hip')
    parts.append((SHIRT, np.array([joints[name] for name in torso])))
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    head = HEAD * np.column_stack([np.cos(turn), 1.2 * np.sin(turn)])
    return [*parts, (SKIN, head + joints['nose'])]


def _limb(start: np.ndarray, end: np.ndarray, width: float) -> np.ndarray:
    """Return the outline of a limb, a little longer than the line from start to end."""
    along = (end - start) / np.linalg.norm(end - start) * width / 2
    across = np.array([-along[1], along[0]])
    start, end = start - along, end + along
    return np.array([start + across, end + across, end - across, start - across])
