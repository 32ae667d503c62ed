"""A pipeline's step that takes its time."""

import time

from mmcv.transforms import BaseTransform
from mmselfsup.registry import TRANSFORMS


@TRANSFORMS.register_module()
class Sleep(BaseTransform):
    """Wait for a while with each image.

    Args:
        seconds (float): How long.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def transform(self, results: dict) -> dict:
        time.sleep(self.seconds)
        return results
