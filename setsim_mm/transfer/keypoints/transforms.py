"""Key points in a pipeline of MMDetection: loading, following the image, packing.

MMDetection's own transforms stand in between. Resize, flips, crops and the geometric
transforms record their ``homography_matrix``, and crops the ``gt_instances_ids`` that
are left; padding to the right and downwards moves nothing. The key points are mapped
once, when the sample is packed, so that each transform needs no second version.
"""

import numpy as np
from mmdet.datasets.transforms import LoadAnnotations, PackDetInputs
from mmdet.registry import TRANSFORMS
from mmdet.structures.bbox import get_box_tensor

from setsim_mm.utils.errors import UserError

TOLERANCE = 1.0  # pixels between a box and the place where its image has moved it


@TRANSFORMS.register_module()
class LoadKeypointAnnotations(LoadAnnotations):
    """Load boxes, labels and key points.

    Adds ``gt_keypoints``, (N, K, 3), float32, with x, y and COCO's flag in the image of
    the file. Objects without labelled key points have zeros.

    The arguments are those of :class:`mmdet.datasets.transforms.LoadAnnotations`.
    """

    def transform(self, results: dict) -> dict:
        """Load the annotations of a sample.

        Args:
            results (dict): Of a :class:`~.dataset.CocoKeypointDataset`.

        Returns:
            dict: The same with the annotations.
        """
        results = super().transform(results)
        instances = results.get('instances', [])
        keypoints = np.zeros(
            (len(instances), len(results['flip_indices']), 3), np.float32
        )
        for index, instance in enumerate(instances):
            if 'keypoints' in instance:
                keypoints[index] = instance['keypoints']
        results['gt_keypoints'] = keypoints
        # Crops keep the numbers of the objects that are left.
        results['gt_instances_ids'] = np.arange(len(instances))
        # In tests, annotations are loaded after the image has been resized.
        results['homography_before_loading'] = results.get('homography_matrix')
        return results


@TRANSFORMS.register_module()
class PackKeypointInputs(PackDetInputs):
    """Map the key points to the image as it is now, and pack the sample.

    ``gt_instances`` gets ``keypoints``, (N, K, 2), and ``keypoints_visible``, (N, K).
    In a mirrored image, left and right have changed places. Key points outside of the
    image count as not labelled.

    The arguments are those of :class:`mmdet.datasets.transforms.PackDetInputs`.
    """

    mapping_table = PackDetInputs.mapping_table | {
        'gt_keypoints': 'keypoints',
        'gt_keypoints_visible': 'keypoints_visible',
    }

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results (dict): With an image, and perhaps with annotations.

        Returns:
            dict: ``inputs`` and ``data_samples``.

        Raises:
            UserError: If a transform has moved the image without a record.
        """
        if 'gt_keypoints' in results:
            keypoints = moved_keypoints(results)
            results['gt_keypoints'] = keypoints[..., :2]
            results['gt_keypoints_visible'] = keypoints[..., 2]
        return super().transform(results)


def moved_keypoints(results: dict) -> np.ndarray:
    """Return the key points where the transforms have moved their image.

    Args:
        results (dict): Of a pipeline with :class:`LoadKeypointAnnotations`.

    Returns:
        np.ndarray: x, y and COCO's flag of the objects that are left, (N, K, 3).

    Raises:
        UserError: If a transform has moved the image without a record.
    """
    kept = results['gt_instances_ids']
    homography = _homography_since_loading(results)
    _require_moved_boxes(results, kept, homography)
    keypoints = results['gt_keypoints'][kept]
    if np.linalg.det(homography[:2, :2]) < 0:  # mirrored
        keypoints = keypoints[:, results['flip_indices']]
    points = _project(keypoints[..., :2], homography)
    height, width = results['img_shape'][:2]
    inside = ((points >= 0) & (points <= (width, height))).all(-1)  # (N, K)
    moved = np.concatenate([points, keypoints[..., 2:]], -1).astype(np.float32)
    moved[~inside | (keypoints[..., 2] == 0)] = 0
    return moved


def _homography_since_loading(results: dict) -> np.ndarray:
    """Return the matrix (3, 3) from the image of the file to the present one."""
    present, before = (
        np.eye(3) if matrix is None else np.asarray(matrix, float)
        for matrix in (
            results.get('homography_matrix'),
            results['homography_before_loading'],
        )
    )
    return present @ np.linalg.inv(before)


def _project(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Return points (..., 2) after a homography (3, 3)."""
    ones = np.ones_like(points[..., :1])
    projected = np.concatenate([points, ones], -1) @ homography.T
    return projected[..., :2] / projected[..., 2:]


def _require_moved_boxes(
    results: dict, kept: np.ndarray, homography: np.ndarray
) -> None:
    """Raise an error if boxes are not where the recorded transforms move them.

    A box may have become smaller, because crops cut it off.
    """
    boxes = results['gt_bboxes']
    boxes = np.asarray(get_box_tensor(boxes) if hasattr(boxes, 'tensor') else boxes)
    loaded = np.array([instance['bbox'] for instance in results['instances']])
    # The corners of the loaded boxes, (N, 4, 2).
    corners = loaded.reshape(-1, 4)[kept][:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    moved = _project(corners, homography)
    if (boxes[:, :2] < moved.min(1) - TOLERANCE).any() or (
        boxes[:, 2:] > moved.max(1) + TOLERANCE
    ).any():
        raise UserError(
            'a transform of the pipeline has moved the boxes without a record in '
            'homography_matrix, so that the key points cannot follow: use Resize, '
            'RandomFlip, RandomCrop, Pad or the geometric transforms of MMDetection.'
        )
