"""Training on VOC's difficult objects, as detectron2 does."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS


@TRANSFORMS.register_module()
class KeepDifficultObjects(BaseTransform):
    """Train on VOC's difficult objects as on all others.

    MMDetection ignores them, so that they are trained on as background. The paper's
    protocol comes from detectron2, which trains on them as objects. Use it after
    ``LoadAnnotations`` and in training only.
    """

    def transform(self, results: dict) -> dict:
        """Clear the flags of the difficult objects.

        Args:
            results (dict): With ``gt_ignore_flags``, one for each box.

        Returns:
            dict: The same dictionary.
        """
        results['gt_ignore_flags'] = np.zeros_like(results['gt_ignore_flags'])
        return results
