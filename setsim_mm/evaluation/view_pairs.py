"""Pairs of views that are the same during a training run and between runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.dist import get_rank, get_world_size
from torch import Tensor

from setsim_mm.datasets import UnreadableImageError
from setsim_mm.utils.random_state import fixed_random_state


@dataclass(frozen=True)
class ViewPairs:
    """Two views each of M images.

    Args:
        images (tuple[Tensor, Tensor]): First and second views, uint8 or float32,
            (M, channels, height, width) each; their sizes may differ.
        boxes (tuple[Tensor, Tensor]): The views' boxes in the image, (M, 4) each.
        paths (Sequence[str]): The image files, M.
    """

    images: tuple[Tensor, Tensor]
    boxes: tuple[Tensor, Tensor]
    paths: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.boxes[0])

    def split(self, batch_size: int) -> Iterator['ViewPairs']:
        """Yield the pairs in batches; the last one may be smaller."""
        for start in range(0, len(self), batch_size):
            part = slice(start, start + batch_size)
            (first, second), (first_box, second_box) = self.images, self.boxes
            yield ViewPairs(
                images=(first[part], second[part]),
                boxes=(first_box[part], second_box[part]),
                paths=self.paths[part],
            )


def cut_view_pairs(dataset: Any, num_images: int, seed: int = 0) -> ViewPairs:
    """Cut this rank's share of pairs of views from random images.

    The images and their views depend on the seed. The global random state is restored.
    An unreadable image is replaced by another one and is not added to the data set's
    record of unreadable images.

    Args:
        dataset (Dataset): A data set with a length. A sample is a dict of ``inputs``, a
            list of views, and ``data_samples``, whose metainfo has ``view_boxes``, as
            from ``PackSelfSupInputs(meta_keys=['img_path', 'view_boxes'])``. The first
            two views are used.
        num_images (int): Number of images over all ranks, at most.
        seed (int): Seed of the images and views. Defaults to 0.

    Returns:
        ViewPairs: The pairs; empty if this rank has no readable image.

    Raises:
        ValueError: If a sample lacks two views or their boxes.
    """
    # Without the semantic pairs of a data set, which show different images.
    images = getattr(dataset, 'num_images', len(dataset))
    order = torch.randperm(
        images, generator=torch.Generator().manual_seed(seed)
    ).tolist()
    rank, ranks = get_rank(), get_world_size()
    wanted = len(range(rank, min(num_images, images), ranks))
    samples: list[tuple[Tensor, Tensor, Tensor, str]] = []
    for index in order[rank::ranks]:
        if len(samples) == wanted:
            break
        # One seed for each image: its views do not depend on the number of ranks.
        with fixed_random_state((seed + index) % 2**32):
            sample = _load(dataset, index)
        if sample is not None:
            samples.append(_two_views(sample))
    return _stack(samples)


def _load(dataset: Any, index: int) -> dict | None:
    """Load a sample; return None if the image cannot be read."""
    if not hasattr(dataset, 'pipeline'):
        return dataset[index]  # a wrapper around data sets
    try:
        # Not dataset[index], which records unreadable images and replaces them.
        return dataset.pipeline(dataset.get_data_info(index))
    except UnreadableImageError:
        return None


def _two_views(sample: dict) -> tuple[Tensor, Tensor, Tensor, str]:
    """Return the first two views of a sample, (C, h, w), boxes (2, 4) and path."""
    views, metainfo = sample['inputs'], sample['data_samples'].metainfo
    boxes = metainfo.get('view_boxes')
    if len(views) < 2 or boxes is None:
        raise ValueError(
            'correspondence precision needs two views of each image and where they '
            'were cut: use MultiViewWithBoxes with num_views=2 and '
            "PackSelfSupInputs(meta_keys=['img_path', 'view_boxes']) in the pipeline"
        )
    boxes = torch.as_tensor(boxes, dtype=torch.float32)
    return views[0], views[1], boxes[:2], metainfo.get('img_path', '')


def _stack(samples: list[tuple[Tensor, Tensor, Tensor, str]]) -> ViewPairs:
    """Stack samples into one batch, which may be empty."""
    if not samples:
        nothing = torch.empty(0, 3, 1, 1, dtype=torch.uint8)
        return ViewPairs((nothing, nothing), (torch.empty(0, 4), torch.empty(0, 4)))
    first, second, boxes, paths = zip(*samples, strict=True)
    first_box, second_box = torch.stack(boxes).unbind(dim=1)  # M, 4 each
    return ViewPairs(
        images=(torch.stack(first), torch.stack(second)),
        boxes=(first_box, second_box),
        paths=paths,
    )
