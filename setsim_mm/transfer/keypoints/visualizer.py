"""Pictures of detections with skeletons."""

from typing import Any

import numpy as np
from mmdet.registry import VISUALIZERS
from mmdet.visualization import DetLocalVisualizer
from mmengine.structures import InstanceData

from .meta import skeleton_links


@VISUALIZERS.register_module()
class KeypointVisualizer(DetLocalVisualizer):
    """Draw boxes, and the key points of each object with the links between them.

    Of annotations, all labelled key points are drawn. A link has the colour of its
    first key point; colours and links come from the data set's metainfo
    (:data:`~.meta.COCO_PERSON`).

    Args:
        name (str): The name of the instance. Defaults to ``'visualizer'``.
        keypoint_score_thr (float): Lowest score of a predicted key point that is drawn.
            Defaults to 0.05, as in detectron2.
        radius (float): Radius of a key point in pixels. Defaults to 3.
        **kwargs: Arguments of MMDetection's ``DetLocalVisualizer``.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        *,
        keypoint_score_thr: float = 0.05,
        radius: float = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self.keypoint_score_thr = keypoint_score_thr
        self.radius = radius

    def _draw_instances(
        self,
        image: np.ndarray,
        instances: InstanceData,
        classes: list[str] | None,
        palette: list[tuple] | None,
    ) -> np.ndarray:
        drawn = super()._draw_instances(image, instances, classes, palette)
        if 'keypoints' not in instances or not len(instances):
            return drawn
        self.set_image(drawn)
        points = np.asarray(instances.keypoints) - 0.5  # (N, K, 2)
        if 'keypoint_scores' in instances:
            shown = np.asarray(instances.keypoint_scores) >= self.keypoint_score_thr
        else:
            shown = np.asarray(instances.keypoints_visible) > 0  # (N, K)
        colours = np.array(self.dataset_meta['keypoint_palette'])  # (K, 3)
        self._draw_links(points, shown, colours)
        if shown.any():
            chosen = [tuple(colour) for colour in colours[shown.nonzero()[1]]]
            self.draw_circles(
                points[shown],
                np.full(shown.sum(), self.radius),
                edge_colors=chosen,
                face_colors=chosen,
                line_widths=1,
            )
        return self.get_image()

    def _draw_links(
        self, points: np.ndarray, shown: np.ndarray, colours: np.ndarray
    ) -> None:
        """Draw the links (L, 2) of all objects whose two key points are shown."""
        links = np.array(skeleton_links(self.dataset_meta))
        both = shown[:, links].all(-1)  # (N, L)
        if both.any():
            ends = points[:, links][both]  # (links, 2 ends, x and y)
            self.draw_lines(
                ends[..., 0],
                ends[..., 1],
                colors=[tuple(c) for c in colours[links[both.nonzero()[1], 0]]],
                line_widths=self.line_width,
            )
