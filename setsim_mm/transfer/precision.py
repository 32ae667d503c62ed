"""Check that a benchmark can train in mixed precision."""

from mmengine.config import Config
from mmengine.device import get_device

from setsim_mm.utils.errors import UserError


def require_precision(cfg: Config, amp: bool) -> None:
    """Raise an error if a detector is to train in mixed precision without a GPU.

    Args:
        cfg (Config): Config of a benchmark.
        amp (bool): Whether to use mixed precision even if the config does not.

    Raises:
        UserError: If mixed precision needs a GPU that is missing.
    """
    amp = amp or cfg.optim_wrapper.get('type') == 'AmpOptimWrapper'
    if amp and cfg.default_scope == 'mmdet' and get_device() == 'cpu':
        raise UserError(
            'mixed precision of a detector needs a GPU, because RoIAlign has no '
            'bfloat16 on a CPU: leave --amp out.'
        )
