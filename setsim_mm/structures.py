"""Data that the parts of the model exchange: features, boxes and projections."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class ViewFeatures:
    """The input of a matcher: the features of a batch of views.

    Args:
        feature_map (Tensor): Backbone features z, (N, C, H, W).
        box (Tensor, optional): Position of each view in its image, (N, 4), as
            (x1, y1, x2, y2) in units of the image's width and height. A flipped view
            has x1 > x2. NaN marks a view of another image than the other view: it has
            no position there. Only geometric matching needs boxes. Defaults to None.

    Examples:
        >>> import torch
        >>> view = ViewFeatures(torch.rand(2, 64, 7, 5))
        >>> view.grid
        (7, 5)
    """

    feature_map: Tensor
    box: Tensor | None = None
    _cache: dict[Hashable, Tensor] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Check the shapes."""
        if self.feature_map.dim() != 4:
            raise ValueError(
                'feature_map must have the shape (N, C, H, W), but has '
                f'{tuple(self.feature_map.shape)}.'
            )
        if self.box is not None and self.box.shape != (len(self.feature_map), 4):
            raise ValueError(
                f'box must have the shape ({len(self.feature_map)}, 4), one '
                f'(x1, y1, x2, y2) for each image, but has {tuple(self.box.shape)}.'
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the map, (H, W)."""
        height, width = self.feature_map.shape[-2:]
        return height, width

    def cached(self, key: Hashable, compute: Callable[[], Tensor]) -> Tensor:
        """Return a tensor derived from the features; compute it at the first call.

        Args:
            key (Hashable): Name of the tensor, with all options it depends on.
            compute (Callable): Returns the tensor.
        """
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]


@dataclass
class EncodedView:
    """A view after backbone and neck.

    Args:
        feature_map (Tensor): Backbone features z, (N, C, H, W).
        image_projection (Tensor): Image-level output of the neck, not normalised, in
            float32 at least, (N, D).
        set_projection (Tensor): Set-level output p of the neck, not normalised, in
            float32 at least, (N, D, H, W).
    """

    feature_map: Tensor
    image_projection: Tensor
    set_projection: Tensor


def stack_view_boxes(
    data_samples: list | None, device: torch.device
) -> list[Tensor] | None:
    """Stack the boxes that the data pipeline stored in each sample.

    Args:
        data_samples (list[SelfSupDataSample], optional): A batch. ``view_boxes`` in the
            metainfo of each is a (V, 4) array, one box per view.
        device (torch.device): Device of the result.

    Returns:
        list[Tensor] | None: One (N, 4) tensor per view; None if the pipeline stores
        no boxes.

    Raises:
        ValueError: If only some of the samples have boxes.
    """
    samples = data_samples or []
    with_boxes = ['view_boxes' in sample.metainfo for sample in samples]
    if not any(with_boxes):
        return None
    if not all(with_boxes):
        raise ValueError(
            f'{with_boxes.count(False)} of {len(with_boxes)} samples of a batch have '
            'no view_boxes: all pipelines of the data set must store them, or none.'
        )
    boxes = torch.stack(
        [torch.as_tensor(sample.metainfo['view_boxes']) for sample in samples]
    )  # N, V, 4
    return list(boxes.to(device, non_blocking=True).unbind(dim=1))
