"""Check that a benchmark can train in mixed precision."""

from mmengine.config import Config
from mmengine.device import get_device

from setsim_mm.utils.errors import UserError


def require_precision(cfg: Config, amp: bool) -> None:
    """Raise an error if a detector is to train in mixed precision without a GPU.

    Args:
        cfg (Config): Config of a benchmark.
        amp (bool): Whether mixed precision is asked for beside the config.

    Raises:
        UserError: If so.
    """
    amp = amp or cfg.optim_wrapper.get('type') == 'AmpOptimWrapper'
    if amp and cfg.default_scope == 'mmdet' and get_device() == 'cpu':
        raise UserError(
            'mixed precision of a detector needs a GPU, because RoIAlign has no '
            'bfloat16 on a CPU: leave --amp out.'
        )
