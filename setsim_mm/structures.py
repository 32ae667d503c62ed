"""What flows between the parts: a view's features with its box, a view encoded."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class ViewFeatures:
    """What a matcher sees of a view.

    Args:
        feature_map (Tensor): Backbone features z, (N, C, H, W).
        box (Tensor, optional): Where each view was cut from its image, (N, 4), as
            (x1, y1, x2, y2) in units of the image's width and height. A flipped view
            has x1 > x2. Only geometry needs it. Defaults to None.

    Examples:
        >>> import torch
        >>> view = ViewFeatures(torch.rand(2, 64, 7, 5))
        >>> view.grid
        (7, 5)
    """

    feature_map: Tensor
    box: Tensor | None = None

    def __post_init__(self) -> None:
        """Refuse shapes that a matcher would only trip over later."""
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
        return tuple(self.feature_map.shape[-2:])


@dataclass
class EncodedView:
    """A view after backbone and neck.

    Args:
        feature_map (Tensor): Backbone features z, (N, C, H, W); with their graph where
            the side is trained.
        image_projection (Tensor): Image-level projection as the neck gives it, in
            float32 at least, (N, D).
        set_projection (Tensor): Set-level projection p as the neck gives it, in
            float32 at least, (N, D, H, W).
    """

    feature_map: Tensor
    image_projection: Tensor
    set_projection: Tensor


def stack_view_boxes(
    data_samples: list | None, device: torch.device
) -> list[Tensor] | None:
    """Collect the boxes that the data pipeline packed with each sample.

    Args:
        data_samples (list[SelfSupDataSample], optional): A batch; ``view_boxes`` in the
            metainfo of each is a (V, 4) array, one box a view.
        device (torch.device): Where the boxes are wanted.

    Returns:
        list[Tensor] | None: One (N, 4) tensor a view, or None when the pipeline
        packs no boxes.

    Raises:
        ValueError: If only some of the samples have boxes.
    """
    with_boxes = ['view_boxes' in sample.metainfo for sample in data_samples or ()]
    if not any(with_boxes):
        return None
    if not all(with_boxes):
        raise ValueError(
            f'{with_boxes.count(False)} of {len(with_boxes)} samples of a batch have '
            'no view_boxes: every pipeline of the data set must pack them, or none.'
        )
    boxes = torch.stack(
        [torch.as_tensor(sample.metainfo['view_boxes']) for sample in data_samples]
    )  # N, V, 4
    return list(boxes.to(device, non_blocking=True).unbind(dim=1))
