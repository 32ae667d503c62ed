"""Pairs of views that stay the same over a training run, and between runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from mmengine.dist import get_rank, get_world_size
from torch import Tensor
from torch.utils.data import Dataset

from setsim_mm.datasets import UnreadableImageError
from setsim_mm.utils.random_state import fixed_random_state


@dataclass(frozen=True)
class ViewPairs:
    """Two views each of M images.

    Args:
        images (tuple[Tensor, Tensor]): First and second views, uint8,
            (M, 3, height, width) each; the two may differ in size.
        boxes (tuple[Tensor, Tensor]): Where they were cut, (M, 4) each.
        paths (Sequence[str]): The image files, M.
    """

    images: tuple[Tensor, Tensor]
    boxes: tuple[Tensor, Tensor]
    paths: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.boxes[0])

    def split(self, batch_size: int) -> Iterator['ViewPairs']:
        """Yield the pairs in batches, the last one possibly shorter."""
        for start in range(0, len(self), batch_size):
            part = slice(start, start + batch_size)
            yield ViewPairs(
                images=tuple(images[part] for images in self.images),
                boxes=tuple(boxes[part] for boxes in self.boxes),
                paths=self.paths[part],
            )


def cut_view_pairs(dataset: Dataset, num_images: int, seed: int = 0) -> ViewPairs:
    """Cut this rank's share of pairs of views from images chosen at random.

    The choice of images and the views of each depend on the seed, and neither
    changes the global random state. An image that cannot be read is passed over for
    another one; the data set's own record of such images is left alone.

    Args:
        dataset (Dataset): Each sample a dict of ``inputs``, a list of views, and
            ``data_samples``, whose metainfo has ``view_boxes``, as
            ``PackSelfSupInputs(meta_keys=['img_path', 'view_boxes'])`` gives it. Of
            more than two views the first two are taken.
        num_images (int): Images over all ranks; all of a smaller data set.
        seed (int): Which images and which views. Defaults to 0.

    Returns:
        ViewPairs: Empty if this rank has no image that can be read.

    Raises:
        ValueError: If a sample lacks two views or their boxes.
    """
    order = torch.randperm(
        len(dataset), generator=torch.Generator().manual_seed(seed)
    ).tolist()
    rank, ranks = get_rank(), get_world_size()
    wanted = len(range(rank, min(num_images, len(dataset)), ranks))
    samples = []
    for index in order[rank::ranks]:
        if len(samples) == wanted:
            break
        # Seeded anew for each image: its views do not depend on the number of ranks.
        with fixed_random_state((seed + index) % 2**32):
            sample = _load(dataset, index)
        if sample is not None:
            samples.append(_two_views(sample))
    return _stack(samples)


def _load(dataset: Dataset, index: int) -> dict | None:
    """Give a sample, or None if the image cannot be read."""
    if not hasattr(dataset, 'pipeline'):
        return dataset[index]  # a wrapper around data sets
    try:
        # Not dataset[index], which would note unreadable images and replace them.
        return dataset.pipeline(dataset.get_data_info(index))
    except UnreadableImageError:
        return None


def _two_views(sample: dict) -> tuple[Tensor, Tensor, Tensor, str]:
    """Give the first two views of a sample, (3, h, w), their boxes (2, 4), a path."""
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
    """Collate samples; default_collate refuses an empty list."""
    if not samples:
        nothing = torch.empty(0, 3, 1, 1, dtype=torch.uint8)
        return ViewPairs((nothing, nothing), (torch.empty(0, 4), torch.empty(0, 4)))
    first, second, boxes, paths = zip(*samples, strict=True)
    boxes = torch.stack(boxes)  # M, 2, 4
    return ViewPairs(
        images=(torch.stack(first), torch.stack(second)),
        boxes=(boxes[:, 0], boxes[:, 1]),
        paths=paths,
    )
