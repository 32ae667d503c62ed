"""Base of the SetSim algorithms: encoding, matching, averaging over directions."""

from dataclasses import fields

import torch
from torch import Tensor, nn

from setsim_mm.host import BaseModel, SelfSupDataSample
from setsim_mm.structures import EncodedView, ViewFeatures, stack_view_boxes

from ..matchers import build_matcher, matching_statistics, union_of


def encode(backbone: nn.Module, neck: nn.Module, images: Tensor) -> EncodedView:
    """Encode one view with a query or a key encoder.

    Args:
        backbone (nn.Module): Returns a tuple whose last item is z, (N, C, H, W).
        neck (nn.Module): Returns the image and the set projection of z.
        images (Tensor): (N, 3, height, width).

    Returns:
        EncodedView: Features and projections. The projections are not normalised.

    Raises:
        ValueError: If the backbone returns no feature map.
    """
    feature_map = backbone(images)[-1]
    if not isinstance(feature_map, Tensor) or feature_map.dim() != 4:
        got = getattr(feature_map, 'shape', type(feature_map).__name__)
        raise ValueError(
            f'{type(backbone).__name__} returns {got} instead of a feature map '
            '(N, C, H, W): set it to keep the positions (no pooling before its last '
            'norm, no class token), as configs/selfsup/_base_/models does.'
        )
    image_projection, set_projection = neck(feature_map)
    # The eps of F.normalize underflows in half precision.
    dtype = torch.promote_types(image_projection.dtype, torch.float32)
    return EncodedView(
        feature_map, image_projection.to(dtype), set_projection.to(dtype)
    )


# The query view, the key view and their correspondence.
Direction = tuple[EncodedView, EncodedView, Tensor]


def join_directions(directions: list[Direction]) -> list[Direction]:
    """Join directions, so that a loss reads the negatives once for all of them.

    A loss that is a mean over images is the mean of the directions' losses.

    Args:
        directions (list[Direction]): Query view and key view of N images and their
            correspondence, bool, (N, Hq*Wq, Hk*Wk), of S directions.

    Returns:
        list[Direction]: One direction of S*N images. If views differ in the size of
        their maps, the directions without a change.
    """
    shapes = {view.set_projection.shape for pair in directions for view in pair[:2]}
    if len(directions) == 1 or len(shapes) > 1:
        return directions
    queries, keys, correspondences = zip(*directions, strict=True)
    return [(_join(queries), _join(keys), torch.cat(correspondences))]


def _join(views: tuple[EncodedView, ...]) -> EncodedView:
    """Return the images of several views as one batch."""
    names = [field.name for field in fields(EncodedView)]
    return EncodedView(
        *(torch.cat([getattr(view, name) for view in views]) for name in names)
    )


def mean_of_directions(outputs: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean over the directions of each loss and statistic."""
    return {
        name: torch.stack([output[name] for output in outputs]).mean()
        for name in outputs[0]
    }


class SetSimBase(BaseModel):
    """Base of :class:`SetSim` and :class:`SetSimSiam`, which document the arguments."""

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        matcher: dict,
        symmetric: bool = True,
        pretrained: str | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            neck=neck,
            head=head,
            pretrained=pretrained,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        self.matcher = build_matcher(matcher)
        self.symmetric = symmetric

    @property
    def directions(self) -> list[tuple[int, int]]:
        """The (query, key) pairs of view indices."""
        return [(0, 1), (1, 0)] if self.symmetric else [(0, 1)]

    def extract_feat(self, inputs: list[Tensor], **kwargs: object) -> tuple[Tensor]:
        """Return the backbone's features of the first view, for mmselfsup's tools."""
        return self.backbone(inputs[0])

    def boxes_of(
        self, inputs: list[Tensor], data_samples: list[SelfSupDataSample]
    ) -> list[Tensor] | list[None]:
        """Return the boxes of the two views of each image.

        Args:
            inputs (list[Tensor]): The two views, (N, 3, height, width) each.
            data_samples (list[SelfSupDataSample]): ``view_boxes`` is in the metainfo.

        Returns:
            list[Tensor] | list[None]: One (N, 4) tensor per view; None for each view
            if the pipeline packs no boxes.

        Raises:
            ValueError: If the number of views is not 2.
        """
        if len(inputs) != 2:
            raise ValueError(
                f'SetSim compares two views of an image, but the pipeline returns '
                f'{len(inputs)}: set num_views=2 in MultiViewWithBoxes.'
            )
        return stack_view_boxes(data_samples, inputs[0].device) or [None, None]

    @torch.no_grad()
    def match(
        self, query: ViewFeatures, key: ViewFeatures
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the correspondence of two views and its statistics.

        Args:
            query (ViewFeatures): The query view.
            key (ViewFeatures): The key view.

        Returns:
            tuple[Tensor, dict[str, Tensor]]: The correspondence, bool,
            (N, Hq*Wq, Hk*Wk), and the statistics for the log.
        """
        parts = self.matcher.positives_by_source(query, key)
        return union_of(parts), matching_statistics(self.matcher, query, key, parts)
