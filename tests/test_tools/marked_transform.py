"""A pipeline's step that is visible in a trace."""

from mmcv.transforms import BaseTransform
from torch.profiler import record_function

from setsim_mm.registry import TRANSFORMS

RANGE = 'marked transform'


@TRANSFORMS.register_module()
class MarkedTransform(BaseTransform):
    """Return the sample unchanged, within a range of the profiler."""

    def transform(self, results: dict) -> dict:
        with record_function(RANGE):
            return results
