"""VOC's difficult objects, which detectron2 trains on."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS


@TRANSFORMS.register_module()
class KeepDifficultObjects(BaseTransform):
    """Let a detector learn from the objects that VOC calls difficult too.

    MMDetection leaves them out of the boxes to find and so teaches that they are
    background. detectron2, from which the paper's protocol comes, takes them for
    objects like the others. Stands behind ``LoadAnnotations``, in training only.
    """

    def transform(self, results: dict) -> dict:
        """Forget which objects are difficult.

        Args:
            results (dict): With ``gt_ignore_flags``, one for each box.

        Returns:
            dict: The same.
        """
        results['gt_ignore_flags'] = np.zeros_like(results['gt_ignore_flags'])
        return results
