"""Matchers and queues on the device against float64 on the CPU."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from measurements.inputs import random_boxes
from setsim_mm.models.matchers import build_matcher
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.structures import ViewFeatures

from .check import Measured, Setting
from .exact import without_tf32

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
MATCHERS: dict[str, Any] = {
    'set': dict(type='Set2SetMatcher'),
    'set, authors': dict(type='Set2SetMatcher', power=2, min_similarity=0.2),
    'set and neighbours': dict(type='Set2SetNNMatcher'),
    'geometry': dict(type='GeometricMatcher'),
    'union and neighbours': dict(
        type='UnionMatcher',
        matchers=[dict(type='Set2SetMatcher'), dict(type='GeometricMatcher')],
        nearest_neighbor=True,
    ),
    'sort': dict(type='SortMatcher'),
    'hungarian': dict(type='HungarianMatcher'),
}
# Entries that change if each position or box moves by this share are decided by
# rounding. In float32, the sum over the channels of a position errs less.
MOVED = 1e-5


def _views(setting: Setting, dtype: torch.dtype) -> list[ViewFeatures]:
    """Draw two views on the CPU, in float64 with values of a type."""
    images, channels, side = (3, 16, 5) if setting.tiny else (16, 2048, 7)
    base = torch.randn(images, channels, side, side)
    # The second view resembles the first, so that similarities vary.
    maps = (base, base + torch.randn_like(base))
    return [
        ViewFeatures(one.relu().to(dtype).double(), random_boxes(images).double())
        for one in maps
    ]


def _moved(views: list[ViewFeatures]) -> list[ViewFeatures]:
    """Move positions, channels and boxes at random by about MOVED."""

    def move(tensor: Tensor, *shape: int) -> Tensor:
        return tensor * (1 + MOVED * torch.randn(shape))

    moved = []
    for view in views:
        images, channels, *grid = view.feature_map.shape
        position = move(view.feature_map, images, 1, *grid)
        # Independent errors of the channels average out.
        channel = move(position, images, channels, *grid)
        moved.append(ViewFeatures(channel, move(view.box, images, 4)))
    return moved


def matchers(setting: Setting) -> Iterator[Measured]:
    """Count the entries of correspondences that differ from float64 on the CPU."""
    for dtype in DTYPES:
        views = _views(setting, dtype)
        on_device = [
            ViewFeatures(
                view.feature_map.to(setting.device, dtype),
                view.box.to(setting.device, torch.float32),
            )
            for view in views
        ]
        for name, config in MATCHERS.items():
            matcher = build_matcher(dict(config))
            expected = matcher(*views)
            by_rounding = torch.zeros_like(expected)
            for _ in range(5):
                by_rounding |= matcher(*_moved(views)) != expected
            with without_tf32():
                different = matcher(*on_device).cpu() != expected
            count = int((different & ~by_rounding).sum())
            yield Measured(
                f'{name}, {str(dtype).removeprefix("torch.")}',
                count,
                0,
                f'{int(expected.sum())} pairs, {int(by_rounding.sum())} entries '
                'decided by rounding',
            )


def random_matcher(setting: Setting) -> Iterator[Measured]:
    """Check that random pairs are one to one and between the positions of Sort."""
    views = _views(setting, torch.float32)
    on_device = [
        ViewFeatures(view.feature_map.to(setting.device, torch.float32), view.box)
        for view in views
    ]
    sort, random = (
        build_matcher(dict(type=f'{name}Matcher'))(*on_device)
        for name in ('Sort', 'Random')
    )
    for side, dim in (('query', 2), ('key', 1)):
        counts = random.sum(dim)
        yield Measured(
            f'{side} positions with two partners', int((counts > 1).sum()), 0
        )
        different = int((random.any(dim) != sort.any(dim)).sum())
        yield Measured(f'{side} positions of one matcher only', different, 0)


def queue(setting: Setting) -> Iterator[Measured]:
    """Compare the queue with a list of keys, across its end and with broken keys."""
    dim, length, batch = 8, 13, 5
    memory = FeatureQueue(dim, length)
    expected = list(memory.features.t().clone())
    memory.to(setting.device)
    pointer = 0
    for step in range(6):
        keys = torch.nn.functional.normalize(torch.randn(batch, dim))
        if step % 2:
            keys[step % batch, 0] = torch.nan
        memory.enqueue(keys.to(setting.device))
        for key in keys:
            if key.isfinite().all():
                expected[pointer] = key
            pointer = (pointer + 1) % length
    difference = memory.features.t().cpu() - torch.stack(expected)
    yield Measured('largest difference', float(difference.abs().max()), 0)
    yield Measured('difference of the pointer', abs(int(memory.pointer) - pointer), 0)
    yield Measured('stored key by key', int(not memory.features.t().is_contiguous()), 0)
