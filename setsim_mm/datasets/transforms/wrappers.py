"""Several views of one image, each with its box."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from setsim_mm.host import TRANSFORMS, MultiView

from .boxes import OTHER_IMAGE


@TRANSFORMS.register_module()
class MultiViewWithBoxes(MultiView):
    """Make several views of an image and keep the image and the box of each.

    MMSelfSup's ``MultiView`` keeps only the images, and copies the whole image for
    every view. Here the pipelines share the image: a transform must return a new image
    and not change its input.

    A following ``PackSelfSupInputs(meta_keys=['img_path', 'view_boxes'])`` passes the
    boxes to the model as ``data_sample.metainfo['view_boxes']``.

    Required Keys:

    - img (uint8, uint16 or float32 array, HxWxC)
    - box

    Modified Keys:

    - img (list of V arrays, each HxWxC)

    Added Keys:

    - view_boxes (float32 array, Vx4)

    Args:
        transforms: One pipeline, a list of transforms or their configs, for each
            kind of view.
        num_views: Number of views of each kind.

    Raises:
        ValueError: If ``transforms`` and ``num_views`` differ in length, or a number
            is below 1.

    Examples:
        >>> view = [dict(type='RandomResizedCropWithBox', size=224)]
        >>> small_view = [dict(type='RandomResizedCropWithBox', size=96)]
        >>> two_views = dict(
        ...     type='MultiViewWithBoxes', num_views=2, transforms=[view])
        >>> eight_views = dict(
        ...     type='MultiViewWithBoxes',
        ...     num_views=[2, 6], transforms=[view, small_view])
    """

    def __init__(
        self,
        transforms: Sequence[Sequence[dict | Callable[[dict], dict]]],
        num_views: int | Sequence[int],
    ) -> None:
        num_views = [num_views] if isinstance(num_views, int) else list(num_views)
        if len(num_views) != len(transforms):
            raise ValueError(
                f'num_views={num_views} does not fit {len(transforms)} pipelines: '
                'set one number of views for each'
            )
        if min(num_views, default=0) < 1:
            raise ValueError(f'num_views={num_views} must be at least 1 per pipeline')
        # Built here: MultiView finds MMSelfSup's transforms only in its scope.
        built = [
            [TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline]
            for pipeline in transforms
        ]
        super().__init__(built, num_views)

    def transform(self, results: dict) -> dict:
        """Replace ``results['img']`` by its views and add ``view_boxes``."""
        return self.views_of([results] * len(self.transforms))

    def views_of(self, images: Sequence[dict]) -> dict:
        """Cut one view of each of several images.

        Args:
            images: Results of the transforms before, one for each view. A view of
                another image than the first has the box :data:`~.boxes.OTHER_IMAGE`.

        Returns:
            The first of ``images`` with the views and their boxes.

        Raises:
            ValueError: If there is not one image for each view.
        """
        views = [
            pipeline(image.copy())
            for pipeline, image in zip(self.transforms, images, strict=True)
        ]
        results = images[0]
        boxes = [
            view['box'] if image is results else OTHER_IMAGE
            for view, image in zip(views, images, strict=True)
        ]
        results['img'] = [_by_channels(view['img']) for view in views]  # V x HxWxC
        results['view_boxes'] = np.array(boxes, dtype=np.float32)  # Vx4
        return results


def _by_channels(image: np.ndarray) -> np.ndarray:
    """Copy an image, HxWxC, to a memory layout with one channel after the other.

    ``PackSelfSupInputs`` moves the channels to the front, which is free in this layout.
    Otherwise NumPy copies it, ten times slower than OpenCV here.
    """
    image = np.ascontiguousarray(image)  # mmcv flips with negative strides
    height, width, channels = image.shape
    planes = np.empty((channels, height, width), dtype=image.dtype)
    cv2.split(image, list(planes))
    return planes.transpose(1, 2, 0)
